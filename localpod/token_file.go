package localpod

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	"github.com/irsatz/irsatz/emulator"
	"github.com/irsatz/irsatz/internal/kubelet"
)

// TokenFileConfig says which token goes into which file. Client and Path are
// required.
type TokenFileConfig struct {
	Client  *emulator.Client // the emulator's control port
	Request emulator.TokenRequest
	Path    string
	// Projected lays the file's folder out as the kubelet does, for a token that
	// is kept fresh; false means a plain file.
	Projected bool
	Report    func(error) // is told when the token cannot be refreshed; nil means nobody is
	Rand      io.Reader   // nil means crypto/rand
}

// TokenFile is a token in a file, for programs around which no pod is made:
// containers that share its folder.
type TokenFile struct {
	refresher *kubelet.Refresher
	clock     *serverClock
}

// WriteToken writes the token for the first time.
func WriteToken(ctx context.Context, config TokenFileConfig) (*TokenFile, error) {
	f := &TokenFile{clock: &serverClock{client: config.Client}}
	f.refresher = &kubelet.Refresher{
		Volume: &kubelet.TokenVolume{Dir: filepath.Dir(config.Path), Name: filepath.Base(config.Path), Plain: !config.Projected, Rand: config.Rand},
		Fetch: func(ctx context.Context) (string, time.Time, error) {
			token, err := config.Client.MintToken(ctx, config.Request)
			return token.Token, token.Expires, err
		},
		Report: config.Report, Now: f.clock.Now, Rand: config.Rand,
	}
	f.clock.update(ctx)
	return f, f.refresher.Refresh(ctx)
}

// Run keeps the token fresh until ctx ends.
func (f *TokenFile) Run(ctx context.Context) {
	var running sync.WaitGroup
	running.Go(func() { f.clock.run(ctx) })
	running.Go(func() { _ = f.refresher.Run(ctx) }) // always ctx's end
	running.Wait()
}

// CheckTokenFile tells whether there is a token in a file that is good at a
// time. Its signature is not asked for.
func CheckTokenFile(path string, now time.Time) error {
	token, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	parts := bytes.Split(token, []byte("."))
	if len(parts) != 3 {
		return fmt.Errorf("%s: this is no token", path)
	}
	payload, err := base64.RawURLEncoding.AppendDecode(nil, parts[1])
	if err != nil {
		return fmt.Errorf("%s: this is no token: %w", path, err)
	}
	var claims struct {
		Expires int64 `json:"exp"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return fmt.Errorf("%s: this is no token: %w", path, err)
	}
	if claims.Expires == 0 {
		return errors.New(path + ": the token has no exp")
	}
	if expires := time.Unix(claims.Expires, 0); !now.Before(expires) {
		return fmt.Errorf("%s: the token expired at %s", path, expires.UTC().Format(time.RFC3339))
	}
	return nil
}
