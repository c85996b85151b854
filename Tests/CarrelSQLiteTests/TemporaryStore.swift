import CarrelCore
import CarrelSQLite
import CarrelTesting
import Foundation

/// A directory for one test's database, removed afterwards.
func withStorePath(_ body: (_ path: String) async throws -> Void) async throws {
    let directory = FileManager.default.temporaryDirectory.appending(path: "carrel-store-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: directory) }
    try await body(directory.appending(path: "carrel.sqlite").path)
}

/// A new store for one test.
func withSQLiteStore(_ body: (SQLiteStore) async throws -> Void) async throws {
    try await withStorePath { path in
        let store = try SQLiteStore.open(path: path)
        do { try await body(store) } catch {
            try? await store.close()
            throw error
        }
        try? await store.close()
    }
}

/// A new store for one test, opened twice, as two processes would.
func withSharedStore(_ body: (SQLiteStore, SQLiteStore) async throws -> Void) async throws {
    try await withStorePath { path in
        let one = try SQLiteStore.open(path: path)
        let two = try SQLiteStore.open(path: path)
        do { try await body(one, two) } catch {
            try? await one.close()
            try? await two.close()
            throw error
        }
        try await one.close()
        try await two.close()
    }
}
