import GRDB

extension Migration {
    /// What homes hold, and by which project id the file system counts them. Rows stay, so that no id is given twice.
    static let homes = Migration(version: 2, tables: ["homes"]) { db in
        try db.execute(
            sql: """
                CREATE TABLE homes (
                    engine TEXT NOT NULL,
                    location TEXT NOT NULL,
                    home TEXT NOT NULL,
                    owner TEXT NOT NULL REFERENCES users (id),
                    project INTEGER UNIQUE CHECK (project BETWEEN 1 AND 4294967294),
                    used INTEGER,
                    measured_at INTEGER,
                    is_enforced INTEGER NOT NULL DEFAULT 0,
                    trouble TEXT,
                    whole_at INTEGER,
                    left_at INTEGER,
                    PRIMARY KEY (engine, location)
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX homes_owner ON homes (owner);
                CREATE TRIGGER homes_project_stays BEFORE UPDATE OF project ON homes
                    WHEN OLD.project IS NOT NULL AND NEW.project IS NOT OLD.project
                BEGIN SELECT RAISE(ABORT, 'a home''s project id never changes'); END;
                CREATE TRIGGER homes_kept BEFORE DELETE ON homes
                BEGIN SELECT RAISE(ABORT, 'homes are never forgotten'); END;
                """
        )
    }
}
