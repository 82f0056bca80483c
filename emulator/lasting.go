package emulator

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/irsatz/irsatz/internal/datadir"
	"github.com/irsatz/irsatz/internal/pki"
	"github.com/irsatz/irsatz/oidc"
)

// lasting is what outlives resets and, with a data directory, the process.
type lasting struct {
	dir *datadir.Dir // nil: memory only
}

func openLasting(path string) (lasting, error) {
	if path == "" {
		return lasting{}, nil
	}
	dir, err := datadir.Open(path)
	return lasting{dir}, err
}

func (l lasting) close() error {
	if l.dir == nil {
		return nil
	}
	return l.dir.Close()
}

// s3Folder is the kind of folder that buckets are in.
const s3Folder = "s3"

// prune removes the buckets of worlds that are gone.
func (l lasting) prune() error {
	if l.dir == nil {
		return nil
	}
	return l.dir.Prune(s3Folder)
}

// world returns the world of the last run, nil if there is none.
func (l lasting) world() (*datadir.Records, error) {
	if l.dir == nil {
		return nil, nil
	}
	return l.dir.World()
}

// newWorld begins a world, nil if nothing is kept.
func (l lasting) newWorld() (*datadir.Records, error) {
	if l.dir == nil {
		return nil, nil
	}
	return l.dir.NewWorld()
}

// keep has the value kept under the key.
func (l lasting) keep(key string, value any) error {
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("keep %s: %w", key, err)
	}
	return l.dir.Lasting().Keep(map[string][]byte{key: text})
}

// find reads what is kept under the key, if anything.
func (l lasting) find(key string, into any) (found bool, err error) {
	err = l.dir.Lasting().Load(key, func(k string, text []byte) error {
		if k != key {
			return nil
		}
		found = true
		return json.Unmarshal(text, into)
	})
	if err != nil {
		return false, fmt.Errorf("read what is kept as %s: %w", key, err)
	}
	return found, nil
}

// recall returns what is kept under the key, or makes it and has it kept.
func recall[T any](l lasting, key string, make func() (T, error)) (T, error) {
	if l.dir == nil {
		return make()
	}
	var kept T
	if found, err := l.find(key, &kept); err != nil || found {
		return kept, err
	}
	made, err := make()
	if err != nil {
		return made, err
	}
	return made, l.keep(key, made)
}

// home is the account and region of what names no other.
type home struct {
	Account string `json:"account"`
	Region  string `json:"region"`
}

// home returns that of the last run.
func (l lasting) home() (kept home, err error) {
	if l.dir != nil {
		_, err = l.find("home", &kept)
	}
	return kept, err
}

// settle keeps what the next run is to find: where this one's home is, if it was
// elsewhere, and root credentials that nobody chose.
func (l lasting) settle(r *resolved, was home) error {
	if now := (home{r.Account, r.Region}); l.dir != nil && now != was {
		if err := l.keep("home", now); err != nil {
			return err
		}
	}
	if !r.rootGenerated {
		return nil
	}
	pair, err := recall(l, "root", func() (rootPair, error) { return rootPair{r.rootKey, r.rootSecret}, nil })
	r.rootKey, r.rootSecret = pair.AccessKeyID, pair.Secret
	return err
}

// rootPair is an access key of the root of the default account.
type rootPair struct {
	AccessKeyID string `json:"accessKeyId"`
	Secret      string `json:"secret"`
}

// caPair is a certificate authority, in PEM.
type caPair struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key"`
}

// ca returns the certificate authority, and the file that its certificate is
// in, "" without a data directory. One that was given comes before the one that
// is kept, which stays as it is.
func (l lasting) ca(given Authority, config pki.Config) (*pki.CA, string, error) {
	var ca *pki.CA
	var err error
	switch {
	case given.Certificate != nil || given.Key != nil:
		ca, err = pki.Load(given.Certificate, given.Key)
	case l.dir == nil:
		ca, err = pki.New(config)
	default:
		ca, err = l.keptCA(config)
	}
	if err != nil || l.dir == nil {
		return ca, "", err
	}
	file, err := l.dir.WriteFile("ca.pem", ca.CertificatePEM())
	return ca, file, err
}

// keptCA is that of the data directory, made the first time.
func (l lasting) keptCA(config pki.Config) (*pki.CA, error) {
	pair, err := recall(l, "ca", func() (caPair, error) {
		ca, err := pki.New(config)
		if err != nil {
			return caPair{}, err
		}
		return caPair{string(ca.CertificatePEM()), string(ca.KeyPEM())}, nil
	})
	if err != nil {
		return nil, err
	}
	return pki.Load([]byte(pair.Certificate), []byte(pair.Key))
}

// keptKey is a signing key as it is kept.
type keptKey struct {
	PEM       string    `json:"pem"`
	GoodUntil time.Time `json:"goodUntil,omitzero"`
	DropAt    time.Time `json:"dropAt,omitzero"`
}

// issuer makes an issuer that keeps its keys.
func (l lasting) issuer(config oidc.Config) (*oidc.Issuer, error) {
	if l.dir == nil {
		return oidc.NewIssuer(config)
	}
	key := "issuer/" + config.URL
	var kept []keptKey
	if _, err := l.find(key, &kept); err != nil {
		return nil, err
	}
	for _, k := range kept {
		parsed, err := oidc.ParseKey([]byte(k.PEM))
		if err != nil {
			return nil, fmt.Errorf("signing key of %s: %w", config.URL, err)
		}
		config.Kept = append(config.Kept, oidc.KeptKey{Key: parsed, GoodUntil: k.GoodUntil, DropAt: k.DropAt})
	}
	config.Keep = func(keys []oidc.KeptKey) error {
		var all []keptKey
		for _, k := range keys {
			text, err := k.Key.PEM()
			if err != nil {
				return err
			}
			all = append(all, keptKey{string(text), k.GoodUntil, k.DropAt})
		}
		return l.keep(key, all)
	}
	return oidc.NewIssuer(config)
}
