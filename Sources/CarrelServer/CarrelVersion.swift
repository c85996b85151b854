/// The version that this source is.
public enum CarrelVersion {
    public static let text = "0.1.0"
}
