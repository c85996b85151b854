import CarrelCore
import GRDB

/// Turns what SQLite says into sentences.
enum StoreFault {
    /// The same error if it is one of ours (or a cancellation); else a sentence about the file.
    static func carrelError(from error: any Error) -> any Error {
        guard let fault = error as? DatabaseError else { return error }
        let code = fault.resultCode
        let detail = "SQLite \(fault.extendedResultCode.rawValue): \(fault.message ?? "no message")"
        switch code {
        case .SQLITE_NOTADB, .SQLITE_CORRUPT:
            return CarrelError(
                .storeDamaged,
                "Carrel's database is damaged. It was left as it is: restore a copy of it.",
                detail: detail
            )
        case .SQLITE_FULL:
            return failed("The disk that holds Carrel's database is full: nothing was changed.", detail)
        case .SQLITE_READONLY:
            return failed("Carrel's database can't be written: its file or directory is read-only.", detail)
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            return failed("Carrel's database was in use by another process for too long: nothing was changed.", detail)
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH:
            return failed("Carrel's database can't be opened.", detail)
        case .SQLITE_IOERR:
            return failed("The disk that holds Carrel's database reports an error.", detail)
        case .SQLITE_MISUSE:
            return failed("Carrel's database is closed.", detail)
        default:
            return failed("Carrel's database refused a change.", detail)
        }
    }

    private static func failed(_ sentence: String, _ detail: String) -> CarrelError {
        CarrelError(.storeFailed, sentence, detail: detail)
    }

    static func isUniqueViolation(_ error: any Error) -> Bool {
        guard let fault = error as? DatabaseError else { return false }
        return [.SQLITE_CONSTRAINT_UNIQUE, .SQLITE_CONSTRAINT_PRIMARYKEY].contains(fault.extendedResultCode)
    }

    static func isForeignKeyViolation(_ error: any Error) -> Bool {
        (error as? DatabaseError)?.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY
    }
}

/// Runs an insert whose constraints say something that the caller should hear as a sentence.
func translating(
    unique: @autoclosure () -> CarrelError,
    foreignKey: @autoclosure () -> CarrelError = CarrelError(.notFound, "There is no such member."),
    _ insert: () throws -> Void
) throws {
    do { try insert() } catch {
        if StoreFault.isUniqueViolation(error) { throw unique() }
        if StoreFault.isForeignKeyViolation(error) { throw foreignKey() }
        throw error
    }
}
