package intercept

// The dialer is tested by itself because a test can make no name resolve to
// instance metadata.
var (
	NetworkDialer = networkDialer
	ErrMetadata   = errMetadata
)
