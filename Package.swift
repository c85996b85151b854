// swift-tools-version:6.2
import Foundation
import PackageDescription

// Warnings are errors wherever the tests decide whether a change lands.
let strict: [SwiftSetting] =
    ProcessInfo.processInfo.environment["CI"] == nil ? [] : [.treatAllWarnings(as: .error)]
let settings: [SwiftSetting] =
    strict + [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
    ]

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let crypto = Target.Dependency.product(name: "Crypto", package: "swift-crypto")
let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let httpClient = Target.Dependency.product(name: "AsyncHTTPClient", package: "async-http-client")

func target(
    _ name: String,
    _ dependencies: [Target.Dependency],
    resources: [Resource] = [],
    more: [SwiftSetting] = []
) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: settings + more)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests",
        dependencies: [.init(stringLiteral: name), "CarrelTesting"] + dependencies,
        resources: resources,
        swiftSettings: settings
    )
}

let package = Package(
    name: "carrel",
    platforms: [.macOS(.v15)],
    products: [
        .executable(name: "carrel", targets: ["carrel"]),
        .executable(name: "carrel-init", targets: ["carrel-init"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
        .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
    ],
    targets: [
        .executableTarget(
            name: "carrel",
            dependencies: [
                "CarrelServer", "CarrelConfig", "CarrelCore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: settings,
            // Packed relocations (glibc 2.36 and later) and no table of symbols for libraries that nobody loads: 6.5 of
            // 40.5 MB less resident, and less to do at the start.
            linkerSettings: [
                .unsafeFlags(
                    ["-use-ld=lld", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"]
                        + ["-Xlinker", "--no-export-dynamic"],
                    .when(platforms: [.linux], configuration: .release)
                )
            ]
        ),
        // C alone, statically linked: it runs inside sandboxes, where there is no Swift runtime, once per workspace.
        .executableTarget(
            name: "carrel-init",
            cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.unsafeFlags(["-nostartfiles", "-static-executable"])]
        ),
        .target(name: "CLinux", cSettings: [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]),
        target("CarrelCore", [crypto]),
        target(
            "CarrelServer",
            [
                "CarrelConfig", "CarrelCore", "CarrelGateway", "CarrelIdentity", "CarrelSQLite", "CarrelWeb",
                "CarrelWorkspaces", "CLinux", "EngineDocker", "EngineHost", "EngineProcess", log, lifecycle, httpClient,
                nioCore, nioPosix, crypto,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]
        ),
        target("CarrelConfig", ["CarrelCore", "Yams"]),
        target(
            "CarrelWeb",
            [
                "CarrelCore", "CarrelIdentity", "CarrelWorkspaces", log,
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Mustache", package: "swift-mustache"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                nioCore,
            ]
        ),
        target(
            "CarrelIdentity",
            ["CarrelCore", crypto, .product(name: "CryptoExtras", package: "swift-crypto"), log]
        ),
        target("CarrelWorkspaces", ["CarrelCore", log]),
        target(
            "CarrelGateway",
            [
                "CarrelCore", nioCore, nioPosix, log,
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            // 3 % of CPU per request over HTTP/1.1 (35.1 to 34.1 µs), 4 % over HTTP/2 (48.2 to 46.2), in rounds side by side.
            // Debug builds, in which the tests run, keep the checks.
            more: [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))]
        ),
        target("CarrelSQLite", ["CarrelCore", .product(name: "GRDB", package: "GRDB.swift"), log]),
        target("EngineHost", ["CarrelCore", "CLinux"]),
        target("EngineProcess", ["CarrelCore", "EngineHost", "CLinux", log]),
        target(
            "EngineDocker",
            [
                "CarrelCore", "EngineHost", "CLinux", log, httpClient, nioCore, nioPosix,
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]
        ),
        target("CarrelTesting", ["CarrelCore"]),
        // Part of `make bench` only: routes that change faster than workspaces can.
        .executableTarget(
            name: "bench-gateway",
            dependencies: ["CarrelCore", "CarrelGateway", log, nioCore, nioPosix],
            path: "Tests/Bench/Gateway",
            swiftSettings: settings
        ),
        tests("CarrelCore", []),
        tests("CarrelConfig", ["CarrelCore"]),
        tests("CarrelWorkspaces", ["CarrelCore"]),
        tests("CarrelIdentity", ["CarrelCore", crypto, .product(name: "CryptoExtras", package: "swift-crypto"), log]),
        tests(
            "CarrelWeb",
            [
                "CarrelCore", "CarrelIdentity", "CarrelWorkspaces",
                .product(name: "HummingbirdTesting", package: "hummingbird"),
                .product(name: "Hummingbird", package: "hummingbird"),
            ]
        ),
        tests(
            "CarrelGateway",
            [
                "CarrelCore", nioCore, nioPosix, .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOHPACK", package: "swift-nio-http2"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            resources: [.copy("Corpus"), .copy("Fuzzing/Seeds"), .copy("Fuzzing/Crashes")]
        ),
        tests("CarrelSQLite", ["CarrelCore", .product(name: "GRDB", package: "GRDB.swift")]),
        tests("EngineProcess", ["CarrelCore", "EngineHost", "CLinux", log]),
        tests("EngineDocker", ["CarrelCore", "EngineHost", log, nioCore, nioPosix]),
    ]
)
