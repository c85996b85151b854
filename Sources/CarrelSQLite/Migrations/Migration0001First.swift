import GRDB

extension Migration {
    /// Members, sessions, tokens, workspaces, decisions and the record. Times are milliseconds since 1970.
    static let first = Migration(
        version: 1,
        tables: ["users", "identities", "sessions", "tokens", "tickets", "workspaces", "decisions", "record"]
    ) { db in
        try db.execute(sql: members)
        try db.execute(sql: sessions)
        try db.execute(sql: workspaces)
        try db.execute(sql: decisions)
        try db.execute(sql: record)
    }

    /// `storage_uid` counts up from 70001 and, being AUTOINCREMENT, is never given twice.
    private static let members = """
        CREATE TABLE users (
            storage_uid INTEGER PRIMARY KEY AUTOINCREMENT CHECK (storage_uid BETWEEN 70001 AND 4294967293),
            id TEXT NOT NULL UNIQUE,
            name TEXT NOT NULL,
            groups TEXT NOT NULL,
            is_operator INTEGER NOT NULL,
            is_disabled INTEGER NOT NULL,
            created_at INTEGER NOT NULL
        ) STRICT;
        INSERT INTO sqlite_sequence (name, seq) VALUES ('users', 70000);
        CREATE TRIGGER users_fixed BEFORE UPDATE OF storage_uid, id, created_at ON users
        BEGIN SELECT RAISE(ABORT, 'a member''s id and uid never change'); END;

        CREATE TABLE identities (
            provider TEXT NOT NULL,
            subject TEXT NOT NULL,
            user TEXT NOT NULL REFERENCES users (id),
            name TEXT NOT NULL,
            email TEXT,
            email_is_verified INTEGER NOT NULL,
            password_hash TEXT,
            PRIMARY KEY (provider, subject)
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX identities_user ON identities (user);
        """

    private static let sessions = """
        CREATE TABLE sessions (
            id TEXT PRIMARY KEY,
            user TEXT NOT NULL REFERENCES users (id),
            provider TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX sessions_user ON sessions (user);
        CREATE INDEX sessions_revoked ON sessions (expires_at) WHERE revoked_at IS NOT NULL;

        CREATE TABLE tokens (
            id TEXT PRIMARY KEY,
            digest TEXT NOT NULL UNIQUE,
            scopes TEXT NOT NULL,
            user TEXT REFERENCES users (id),
            created_at INTEGER NOT NULL,
            expires_at INTEGER NOT NULL,
            revoked_at INTEGER
        ) STRICT, WITHOUT ROWID;

        CREATE TABLE tickets (
            digest TEXT PRIMARY KEY,
            user TEXT NOT NULL REFERENCES users (id),
            path TEXT NOT NULL,
            expires_at INTEGER NOT NULL
        ) STRICT, WITHOUT ROWID;
        CREATE INDEX tickets_expiry ON tickets (expires_at);
        """

    /// `body` is the whole workspace as JSON; the columns beside it are what is searched by. `last_active` may be
    /// later than the body's: activity is written often and alone. `revision` counts the changes of `body`.
    private static let workspaces = """
        CREATE TABLE workspaces (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            id TEXT NOT NULL UNIQUE,
            app TEXT NOT NULL,
            owner TEXT REFERENCES users (id),
            name TEXT NOT NULL,
            phase TEXT NOT NULL CHECK (phase IN ('queued', 'starting', 'ready', 'paused', 'stopping', 'ended')),
            definition TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            ended_at INTEGER,
            last_active INTEGER,
            revision INTEGER NOT NULL DEFAULT 1,
            body TEXT NOT NULL,
            CHECK ((phase = 'ended') = (ended_at IS NOT NULL)),
            CHECK (phase <> 'queued' OR owner IS NOT NULL)
        ) STRICT;
        CREATE UNIQUE INDEX workspaces_one_each ON workspaces (owner, app, name)
            WHERE phase <> 'ended' AND owner IS NOT NULL;
        CREATE INDEX workspaces_spare ON workspaces (app, phase, created_at) WHERE owner IS NULL AND phase <> 'ended';
        CREATE INDEX workspaces_queue ON workspaces (app, created_at) WHERE phase = 'queued';
        CREATE INDEX workspaces_living ON workspaces (created_at) WHERE phase <> 'ended';
        CREATE INDEX workspaces_living_app ON workspaces (app) WHERE phase <> 'ended';
        CREATE INDEX workspaces_ended ON workspaces (ended_at) WHERE phase = 'ended';
        CREATE INDEX workspaces_owner_ended ON workspaces (owner, ended_at) WHERE phase = 'ended';

        CREATE TRIGGER workspaces_owned_once BEFORE UPDATE OF owner, name ON workspaces
            WHEN OLD.owner IS NOT NULL AND (NEW.owner IS NOT OLD.owner OR NEW.name IS NOT OLD.name)
        BEGIN SELECT RAISE(ABORT, 'a workspace''s owner is set once'); END;
        CREATE TRIGGER workspaces_fixed BEFORE UPDATE OF number, id, app, created_at ON workspaces
        BEGIN SELECT RAISE(ABORT, 'a workspace''s id, app and beginning never change'); END;
        CREATE TRIGGER workspaces_ended_is_final BEFORE UPDATE OF phase, ended_at ON workspaces
            WHEN OLD.phase = 'ended'
        BEGIN SELECT RAISE(ABORT, 'a workspace that ended does not change'); END;
        CREATE TRIGGER workspaces_kept BEFORE DELETE ON workspaces
        BEGIN SELECT RAISE(ABORT, 'workspaces are never deleted'); END;
        """

    private static let decisions = """
        CREATE TABLE decisions (
            number INTEGER PRIMARY KEY AUTOINCREMENT,
            at INTEGER NOT NULL,
            workspace TEXT,
            app TEXT NOT NULL,
            user TEXT,
            verdict TEXT NOT NULL,
            because TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        CREATE INDEX decisions_workspace ON decisions (workspace, verdict, because);
        CREATE INDEX decisions_workspace_at ON decisions (workspace, at);
        CREATE INDEX decisions_user_at ON decisions (user, at);
        """

    /// `body` is the whole `ChainedEntry`; the columns beside it find the end of a chain.
    private static let record = """
        CREATE TABLE record (
            position INTEGER PRIMARY KEY AUTOINCREMENT,
            chain TEXT NOT NULL,
            sequence INTEGER NOT NULL,
            hash TEXT NOT NULL,
            body TEXT NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX record_chain ON record (chain, sequence);
        CREATE TRIGGER record_unchanged BEFORE UPDATE ON record
        BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
        CREATE TRIGGER record_kept BEFORE DELETE ON record
        BEGIN SELECT RAISE(ABORT, 'the record is append-only'); END;
        """
}
