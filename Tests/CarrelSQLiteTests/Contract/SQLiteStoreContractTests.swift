import CarrelTesting
import Testing

@Suite("SQLite keeps the store's contract: claims")
struct SQLiteClaimTests {
    @Test("Whoever has a living workspace gets that one, whatever else is there")
    func own() async throws { try await contract.ownComesFirst() }

    @Test(
        "A ready spare of the current definition is given first, then the oldest, then a starting one, then a new one"
    )
    func order() async throws { try await contract.readySpareOfTheCurrentDefinitionComesFirst() }

    @Test("A spare that is leaving is not given")
    func leaving() async throws { try await contract.aSpareThatIsLeavingIsNotGiven() }

    @Test("Where spares can't be used, a new workspace is made and the spare stays")
    func noSpare() async throws { try await contract.whoMayNotHaveASpareGetsANewOne() }

    @Test("Beyond the app's room there is a place in the queue, one queue per app")
    func queue() async throws { try await contract.beyondTheRoomIsAPlaceInTheQueue() }

    @Test("Nobody passes those who wait, not even with a spare at hand")
    func waiting() async throws { try await contract.nobodyPassesThoseWhoWait() }

    @Test("Whoever stops while waiting is out of the queue at once")
    func stopWaiting() async throws { try await contract.stoppingWhileWaitingEndsAtOnce() }

    @Test("A member has no more living workspaces of an app than the limit")
    func limit() async throws { try await contract.aMemberHasNoMoreThanTheLimit() }

    @Test("A claim for a member who does not exist takes nothing")
    func nobody() async throws { try await contract.aClaimForNobodyIsRefused() }

    @Test("A thousand claims at once: one workspace per member, app and name; one owner per workspace; a place for all")
    func thousand() async throws { try await contract.aThousandClaimsAtOnce() }
}

@Suite("SQLite keeps the store's contract: workspaces")
struct SQLiteWorkspaceTests {
    @Test("A change is applied to the row as to the value, and returned")
    func changes() async throws { try await contract.aChangeIsAppliedAndReturned() }

    @Test("The same change again changes nothing and is not recorded")
    func idempotent() async throws { try await contract.theSameChangeAgainChangesNothing() }

    @Test("A change that does not apply is a conflict and changes nothing")
    func conflict() async throws { try await contract.aChangeThatDoesNotApplyIsAConflict() }

    @Test("An owner is set once")
    func owner() async throws { try await contract.anOwnerIsSetOnce() }

    @Test("Only a starting workspace without owner is added as a spare, and only once")
    func spares() async throws { try await contract.onlyAStartingWorkspaceWithoutOwnerIsAddedAsSpare() }

    @Test("Activity only moves forward, passes over the unknown and the ended, and is not recorded")
    func activity() async throws { try await contract.activityOnlyMovesForward() }

    @Test("The living are listed oldest first, the ended by their end")
    func lists() async throws { try await contract.listsAreInOrder() }

    @Test("A decision that is made again is brought up to date, not repeated")
    func decisions() async throws { try await contract.decisionsAreBroughtUpToDate() }
}

@Suite("SQLite keeps the store's contract: members and sessions")
struct SQLiteMemberTests {
    @Test("A member is made at the first sign-in and found at the next")
    func ensure() async throws { try await contract.aMemberIsMadeOnceAndThenFound() }

    @Test("A provider changes name, e-mail and its own groups, and nobody else's")
    func groups() async throws { try await contract.aProviderSpeaksForItsOwnGroupsOnly() }

    @Test("Every member has a uid of their own, also when many sign in at once")
    func uids() async throws { try await contract.everyMemberHasAUidOfTheirOwn() }

    @Test("Local accounts have passwords, and the record names nobody")
    func accounts() async throws { try await contract.localAccountsHaveTheirPasswords() }

    @Test("A changed member keeps id and uid")
    func change() async throws { try await contract.aChangedMemberStaysTheSame() }

    @Test("A revoked session is told until it would have expired")
    func revoke() async throws { try await contract.aRevokedSessionIsToldUntilItWouldHaveExpired() }

    @Test("All living sessions of a member are revoked and counted, nobody else's")
    func revokeAll() async throws { try await contract.allSessionsOfAMemberAreRevoked() }

    @Test("Tokens are kept by digest and revoked for good")
    func tokens() async throws { try await contract.tokensAreKeptByDigest() }

    @Test("A ticket is used once, however many try, and not after its time")
    func tickets() async throws { try await contract.aTicketIsUsedOnce() }
}

@Suite("SQLite keeps the store's contract: record and sharing")
struct SQLiteRecordTests {
    @Test("The record tells what was changed, and what an app printed is not in it")
    func told() async throws { try await contract.theRecordTellsWhatWasChanged() }

    @Test("Each writer has a chain of its own, without gaps")
    func chains() async throws { try await contract.eachWriterHasAChain() }

    @Test("What fails leaves nothing behind, in the record neither")
    func failures() async throws { try await contract.whatFailsIsNotRecorded() }

    @Test("After closing, everything fails with a sentence and listeners come to their end")
    func closed() async throws { try await contract.afterClosingEverythingFailsWithASentence() }

    @Test("What one process writes the other reads")
    func shared() async throws { try await sharedContract.whatOneWritesTheOtherReads() }

    @Test("Two processes claim at once, and nobody gets two")
    func both() async throws { try await sharedContract.bothClaimAtOnce() }

    @Test("A process is told when another one changed something")
    func external() async throws { try await sharedContract.theOtherIsToldOfAChange() }
}
