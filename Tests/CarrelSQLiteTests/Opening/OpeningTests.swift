import CarrelCore
import CarrelTesting
import Foundation
import GRDB
import Testing

@testable import CarrelSQLite

@Suite("Opening the store")
struct OpeningTests {
    @Test("A new file and what SQLite keeps beside it are for nobody else")
    func permissions() async throws {
        try await withStorePath { path in
            let store = try SQLiteStore.open(path: path)
            _ = try await store.addLocalAccount(
                NewLocalAccount(provider: "local", name: "ada", passwordHash: "h"),
                by: .commandLine,
                at: Timestamp(milliseconds: 0)
            )
            for file in [path, path + "-wal", path + "-shm"] {
                let attributes = try FileManager.default.attributesOfItem(atPath: file)
                #expect(attributes[.posixPermissions] as? Int == 0o600, "\(file)")
            }
            try await store.close()
        }
    }

    @Test("Every connection syncs each commit, waits for other processes and minds foreign keys")
    func settings() async throws {
        try await withSQLiteStore { store in
            let found = try await store.write { db in
                try ["synchronous", "foreign_keys", "busy_timeout"].map {
                    try Int.fetchOne(db, sql: "PRAGMA \($0)") ?? -1
                }
            }
            #expect(found == [2, 1, 10_000])
            #expect(try await store.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") } == "wal")
        }
    }

    @Test("What was written is there when it is opened again, and no uid is given twice")
    func reopening() async throws {
        try await withStorePath { path in
            let first = try SQLiteStore.open(path: path)
            let ada = try await member("ada", first)
            try await first.close()
            let second = try SQLiteStore.open(path: path)
            #expect(try await second.users() == [ada])
            #expect(try await member("bob", second).storageUID == 70_002)
            #expect(try await second.verifyRecord() == nil)
            try await second.close()
        }
    }

    @Test("Whatever had returned is there after a crash, from the files as they were at that moment")
    func crash() async throws {
        try await withStorePath { path in
            let store = try SQLiteStore.open(path: path)
            let ada = try await member("ada", store)
            let claim = try await store.claim(request(ada.id), by: .hub, at: Timestamp(milliseconds: 1))
            for suffix in ["", "-wal"] {
                try FileManager.default.copyItem(atPath: path + suffix, toPath: path + ".copy" + suffix)
            }
            let copy = try SQLiteStore.open(path: path + ".copy")
            #expect(try await copy.living() == [claim.workspace])
            #expect(try await copy.users() == [ada])
            #expect(try await copy.verifyRecord() == nil)
            try await copy.close()
            try await store.close()
        }
    }

    @Test("Many that open a new file at once all get a whole store")
    func atOnce() async throws {
        try await withStorePath { path in
            let stores = try await withThrowingTaskGroup(of: SQLiteStore.self) { group in
                for _ in 0..<6 { group.addTask { try SQLiteStore.open(path: path) } }
                return try await group.reduce(into: [SQLiteStore]()) { $0.append($1) }
            }
            for (number, store) in stores.enumerated() { _ = try await member("m\(number)", store) }
            #expect(try await stores[0].users().count == 6)
            for store in stores { try await store.close() }
        }
    }

    @Test("A directory that does not exist, or a path that is one, is told in a sentence")
    func nowhere() async throws {
        try await withStorePath { path in
            expect(.storeFailed, opening: path + "/deeper/carrel.sqlite")
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
            expect(.storeFailed, opening: path)
        }
    }

    @Test("A newer version's store is left as it is, and both versions are named")
    func newer() async throws {
        try await withStorePath { path in
            try await SQLiteStore.open(path: path).close()
            try raw(path) { try $0.execute(sql: "PRAGMA user_version = 7") }
            let before = try Data(contentsOf: URL(filePath: path))
            let error = expect(.storeNewer, opening: path)
            #expect(error?.message.contains("number 7") == true)
            #expect(error?.message.contains("number \(Migration.latest)") == true)
            #expect(try Data(contentsOf: URL(filePath: path)) == before)
        }
    }

    @Test("The steps of the schema are numbered without gaps")
    func migrations() {
        #expect(Migration.all.map(\.version) == Array(1...Migration.latest))
    }
}

/// Opens, expects that to fail with that code, and returns the error.
@discardableResult
func expect(
    _ code: CarrelError.Code,
    opening path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) -> CarrelError? {
    let error = #expect(throws: CarrelError.self, sourceLocation: sourceLocation) {
        try SQLiteStore.open(path: path)
    }
    #expect(error?.code == code, "\(String(describing: error))", sourceLocation: sourceLocation)
    return error
}

/// A change behind the store's back, by a connection of its own.
func raw(_ path: String, _ body: (Database) throws -> Void) throws {
    let queue = try DatabaseQueue(path: path)
    try queue.writeWithoutTransaction(body)
    try queue.close()
}

func member(_ name: String, _ store: any Store) async throws -> User {
    let identity = Identity(provider: "test", subject: name, name: name)
    return try await store.ensureUser(
        identity,
        displayName: nil,
        groups: nil,
        by: .hub,
        at: Timestamp(milliseconds: 0)
    )
}

func request(_ user: UserID, name: WorkspaceName = .unnamed) throws -> ClaimRequest {
    var random = SystemRandomNumberGenerator()
    return ClaimRequest(
        user: user,
        app: try #require(AppID("lab")),
        name: name,
        newID: WorkspaceID(from: &random),
        newToken: "t",
        engine: try #require(EngineName("local")),
        definition: "d",
        maySpare: true,
        maxLiving: nil,
        maxPerMember: nil
    )
}
