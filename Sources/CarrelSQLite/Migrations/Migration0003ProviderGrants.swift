import GRDB

extension Migration {
    /// What ties sessions to the provider that vouched for their members. `sealed` is encrypted.
    static let providerGrants = Migration(version: 3, tables: ["provider_grants"]) { db in
        try db.execute(
            sql: """
                CREATE TABLE provider_grants (
                    session TEXT PRIMARY KEY REFERENCES sessions (id),
                    user TEXT NOT NULL REFERENCES users (id),
                    provider TEXT NOT NULL,
                    subject TEXT NOT NULL,
                    provider_session TEXT,
                    sealed TEXT NOT NULL,
                    check_at INTEGER NOT NULL,
                    expires_at INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID;
                CREATE INDEX provider_grants_due ON provider_grants (provider, check_at);
                CREATE INDEX provider_grants_subject ON provider_grants (provider, subject);
                CREATE INDEX provider_grants_expiry ON provider_grants (expires_at);
                """
        )
    }
}
