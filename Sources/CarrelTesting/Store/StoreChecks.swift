/// One promise of `Store`.
public struct StoreCheck: Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String
    private let check: @Sendable (StoreContract) async throws -> Void

    init(_ description: String, check: @escaping @Sendable (StoreContract) async throws -> Void) {
        self.description = description
        self.check = check
    }

    /// Throws `ContractBroken`, or what the store threw.
    public func run(_ withStore: @escaping StoreContract.WithStore) async throws {
        try await check(StoreContract(withStore: withStore))
    }
}

/// One promise of a store that several processes open.
public struct SharedStoreCheck: Sendable, CustomStringConvertible {
    /// The sentence.
    public let description: String
    private let check: @Sendable (SharedStoreContract) async throws -> Void

    init(_ description: String, check: @escaping @Sendable (SharedStoreContract) async throws -> Void) {
        self.description = description
        self.check = check
    }

    /// Throws `ContractBroken`, or what the stores threw.
    public func run(_ withTwoStores: @escaping SharedStoreContract.WithTwoStores) async throws {
        try await check(SharedStoreContract(withTwoStores: withTwoStores))
    }
}

extension StoreContract {
    /// Everything that the documentation of `Store` promises, one check each.
    public static let checks: [StoreCheck] = [
        StoreCheck("Whoever has a living workspace gets that one, whatever else is there") {
            try await $0.ownComesFirst()
        },
        StoreCheck(
            "A ready spare of the current definition is given first, then the oldest, then a starting one, then a new one"
        ) { try await $0.readySpareOfTheCurrentDefinitionComesFirst() },
        StoreCheck("A spare that is leaving is not given") { try await $0.aSpareThatIsLeavingIsNotGiven() },
        StoreCheck("A home is remembered with what was found in it, and by whom it was first used") {
            try await $0.aHomeIsRememberedWithWhatWasFoundInIt()
        },
        StoreCheck("No two homes ever get the same project id, however many ask, and none changes") {
            try await $0.noTwoHomesHaveOneProject()
        },
        StoreCheck("Where spares can't be used, a new workspace is made and the spare stays") {
            try await $0.whoMayNotHaveASpareGetsANewOne()
        },
        StoreCheck("Beyond the app's room there is a place in the queue, one queue per app") {
            try await $0.beyondTheRoomIsAPlaceInTheQueue()
        },
        StoreCheck("Nobody passes those who wait, not even with a spare at hand") {
            try await $0.nobodyPassesThoseWhoWait()
        },
        StoreCheck("Whoever stops while waiting is out of the queue at once") {
            try await $0.stoppingWhileWaitingEndsAtOnce()
        },
        StoreCheck("A member has no more living workspaces of an app than the limit") {
            try await $0.aMemberHasNoMoreThanTheLimit()
        },
        StoreCheck("A claim for a member who does not exist takes nothing") { try await $0.aClaimForNobodyIsRefused() },
        StoreCheck(
            "A thousand claims at once: one workspace per member, app and name; one owner per workspace; a place for all"
        ) { try await $0.aThousandClaimsAtOnce() },
        StoreCheck("A change is applied to the row as to the value, and returned") {
            try await $0.aChangeIsAppliedAndReturned()
        },
        StoreCheck("The same change again changes nothing and is not recorded") {
            try await $0.theSameChangeAgainChangesNothing()
        },
        StoreCheck("A change that does not apply is a conflict and changes nothing") {
            try await $0.aChangeThatDoesNotApplyIsAConflict()
        },
        StoreCheck("An owner is set once") { try await $0.anOwnerIsSetOnce() },
        StoreCheck("Only a starting workspace without owner is added as a spare, and only once") {
            try await $0.onlyAStartingWorkspaceWithoutOwnerIsAddedAsSpare()
        },
        StoreCheck("Activity only moves forward, passes over the unknown and the ended, and is not recorded") {
            try await $0.activityOnlyMovesForward()
        },
        StoreCheck("The living are listed oldest first, the ended by their end") { try await $0.listsAreInOrder() },
        StoreCheck("Usage is what each member had within the period") { try await $0.usageIsWhatEachMemberHad() },
        StoreCheck("A decision that is made again is brought up to date, not repeated") {
            try await $0.decisionsAreBroughtUpToDate()
        },
        StoreCheck("A member is made at the first sign-in and found at the next") {
            try await $0.aMemberIsMadeOnceAndThenFound()
        },
        StoreCheck("A provider changes name, e-mail and its own groups, and nobody else's") {
            try await $0.aProviderSpeaksForItsOwnGroupsOnly()
        },
        StoreCheck("Every member has a uid of their own, also when many sign in at once") {
            try await $0.everyMemberHasAUidOfTheirOwn()
        },
        StoreCheck("Local accounts have passwords, and the record names nobody") {
            try await $0.localAccountsHaveTheirPasswords()
        },
        StoreCheck("A changed member keeps id and uid") { try await $0.aChangedMemberStaysTheSame() },
        StoreCheck("A revoked session is told until it would have expired") {
            try await $0.aRevokedSessionIsToldUntilItWouldHaveExpired()
        },
        StoreCheck("All living sessions of a member are revoked and counted, nobody else's") {
            try await $0.allSessionsOfAMemberAreRevoked()
        },
        StoreCheck("What ties a session to its provider is kept as long as the session lives, and found when due") {
            try await $0.grantsLiveAsLongAsTheirSession()
        },
        StoreCheck("Tokens are kept by digest and revoked for good") { try await $0.tokensAreKeptByDigest() },
        StoreCheck("A ticket is used once, however many try, and not after its time") {
            try await $0.aTicketIsUsedOnce()
        },
        StoreCheck("The record tells what was changed, and what an app printed is not in it") {
            try await $0.theRecordTellsWhatWasChanged()
        },
        StoreCheck("Each writer has a chain of its own, without gaps") { try await $0.eachWriterHasAChain() },
        StoreCheck("What fails leaves nothing behind, in the record neither") { try await $0.whatFailsIsNotRecorded() },
        StoreCheck("After closing, everything fails with a sentence and listeners come to their end") {
            try await $0.afterClosingEverythingFailsWithASentence()
        },
    ]
}

extension SharedStoreContract {
    /// What two processes that share one store must see of each other, one check each.
    public static let checks: [SharedStoreCheck] = [
        SharedStoreCheck("What one process writes the other reads") { try await $0.whatOneWritesTheOtherReads() },
        SharedStoreCheck("Two processes claim at once, and nobody gets two") { try await $0.bothClaimAtOnce() },
        SharedStoreCheck("A process is told when another one changed something") {
            try await $0.theOtherIsToldOfAChange()
        },
    ]
}
