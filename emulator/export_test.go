package emulator

import "github.com/irsatz/irsatz/oidc"

// Resolve resolves a config and returns its root credentials.
func Resolve(c Config) (key, secret string, generated bool, err error) {
	r, err := c.resolve()
	if err != nil {
		return "", "", false, err
	}
	return r.rootKey, r.rootSecret, r.rootGenerated, nil
}

// CloseIdle closes what clients of the control port keep open.
func CloseIdle() { directClient.CloseIdleConnections() }

// Verifier is the emulator's verifier of tokens.
func (e *Emulator) Verifier() *oidc.Verifier { return e.verifier }
