package kindcluster

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"sigs.k8s.io/kind/pkg/apis/config/v1alpha4"
)

// KeyPair is a signing key of service account tokens, PEM, as an API server is
// given it.
type KeyPair struct{ Private, Public []byte }

// WriteKeys writes the keys of ModeKeys into KeyDir: a copy for each control
// plane, since kind writes into those of all but the first. Up does it.
func (o Options) WriteKeys(keys KeyPair) error {
	if len(keys.Private) == 0 || len(keys.Public) == 0 {
		return errors.New("a key without its other half")
	}
	dirs, err := o.keyDirs()
	if err != nil {
		return err
	}
	for _, dir := range dirs {
		err := errors.Join(
			os.MkdirAll(dir, 0o700),
			os.WriteFile(filepath.Join(dir, privateKey), keys.Private, 0o600),
			os.WriteFile(filepath.Join(dir, publicKey), keys.Public, 0o644),
		)
		if err != nil {
			return fmt.Errorf("write the keys: %w", err)
		}
	}
	return nil
}

// removeKeys removes what WriteKeys has written.
func (o Options) removeKeys() error {
	dirs, err := o.keyDirs()
	for _, dir := range dirs {
		err = errors.Join(err, os.RemoveAll(dir))
	}
	return err
}

// keyDirs are those of the control planes.
func (o Options) keyDirs() (dirs []string, err error) {
	c, err := o.cluster()
	if err != nil {
		return nil, err
	}
	for i, n := range c.Nodes {
		if n.Role != v1alpha4.WorkerRole {
			dirs = append(dirs, nodeKeyDir(o.KeyDir, i))
		}
	}
	return dirs, nil
}
