package kindcluster

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// Image is an image of irsatz: the static binary, the CA certificates, and
// nothing else, as the Dockerfile has it. It is written here, so that no engine
// need build it and no registry hold it.
type Image struct {
	// Name is its name with a tag that follows from its contents: the kubelet
	// takes what it has of a name, and would pull one that is called latest.
	Name string
	// Arch is GOARCH of the binary.
	Arch string

	binary    string // path
	files     []imageFile
	config    []byte
	layerSize int64
}

// imageFile is a file of the one layer.
type imageFile struct {
	name string
	mode int64
	size int64
	open func() (io.ReadCloser, error)
}

// caCertificates is where Go looks for them in an image from scratch.
const caCertificates = "etc/ssl/certs/ca-certificates.crt"

// NewImage makes an image of a static linux binary. Issuers that irsatz does not
// host are verified with the CA certificates, PEM; nil means none.
func NewImage(binary string, certificates []byte) (*Image, error) {
	arch, err := staticLinux(binary)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", binary, err)
	}
	info, err := os.Stat(binary)
	if err != nil {
		return nil, err
	}
	i := &Image{Arch: arch, binary: binary}
	for _, dir := range []string{"etc/", "etc/ssl/", "etc/ssl/certs/"} {
		i.files = append(i.files, imageFile{name: dir, mode: 0o755})
	}
	if certificates != nil {
		i.files = append(i.files, imageFile{name: caCertificates, mode: 0o644, size: int64(len(certificates)), open: func() (io.ReadCloser, error) {
			return io.NopCloser(bytes.NewReader(certificates)), nil
		}})
	}
	i.files = append(i.files, imageFile{name: "irsatz", mode: 0o755, size: info.Size(), open: func() (io.ReadCloser, error) { return os.Open(binary) }})
	sum := sha256.New()
	counted := &counter{w: sum}
	if err := i.layer(counted); err != nil {
		return nil, err
	}
	i.layerSize = counted.n
	digest := hex.EncodeToString(sum.Sum(nil))
	i.Name = "irsatz:" + digest[:12]
	i.config, err = json.Marshal(imageConfig(arch, digest))
	return i, err
}

// staticLinux returns the architecture of a binary that runs with nothing
// around it.
func staticLinux(path string) (arch string, err error) {
	f, err := elf.Open(path)
	if _, bad := errors.AsType[*elf.FormatError](err); bad || errors.Is(err, io.EOF) {
		return "", errors.New("it is no linux binary")
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	for _, p := range f.Progs {
		if p.Type == elf.PT_INTERP {
			return "", errors.New("it is linked dynamically; build it with CGO_ENABLED=0")
		}
	}
	arch, ok := map[elf.Machine]string{elf.EM_X86_64: "amd64", elf.EM_AARCH64: "arm64"}[f.Machine]
	if !ok {
		return "", fmt.Errorf("it is for %s", f.Machine)
	}
	return arch, nil
}

// imageConfig is the image's config, as the Dockerfile makes it.
func imageConfig(arch, layer string) any {
	type run struct {
		User         string
		ExposedPorts map[string]struct{}
		Entrypoint   []string
		Cmd          []string
		WorkingDir   string
	}
	return struct {
		Architecture string         `json:"architecture"`
		OS           string         `json:"os"`
		Created      time.Time      `json:"created"`
		Config       run            `json:"config"`
		RootFS       map[string]any `json:"rootfs"`
		History      []any          `json:"history"`
	}{
		arch, "linux", epoch,
		run{"65532:65532", map[string]struct{}{"4566/tcp": {}, "4567/tcp": {}}, []string{"/irsatz"}, []string{"serve", "--listen", "0.0.0.0:4566", "--control", "127.0.0.1:4567"}, "/"},
		map[string]any{"type": "layers", "diff_ids": []string{"sha256:" + layer}},
		[]any{map[string]any{"created": epoch, "created_by": "irsatz kind up"}},
	}
}

// epoch is the time of everything in the image: the same contents have the same
// digest.
var epoch = time.Unix(0, 0).UTC()

// layer writes the layer, a tar.
func (i *Image) layer(w io.Writer) error {
	t := tar.NewWriter(w)
	for _, f := range i.files {
		h := &tar.Header{Name: f.name, Mode: f.mode, Size: f.size, ModTime: epoch, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR}
		if f.open == nil {
			h.Typeflag = tar.TypeDir
		}
		if err := t.WriteHeader(h); err != nil {
			return err
		}
		if f.open == nil {
			continue
		}
		if err := f.copy(t); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	return t.Close()
}

func (f imageFile) copy(w io.Writer) error {
	r, err := f.open()
	if err != nil {
		return err
	}
	defer r.Close()
	_, err = io.Copy(w, r)
	return err
}

// Write writes the image as `docker save` does one of a single platform, which
// is what ctr images import --all-platforms takes: it wants every blob of every
// platform that an archive names.
func (i *Image) Write(w io.Writer) error {
	sum := sha256.Sum256(i.config)
	config := hex.EncodeToString(sum[:]) + ".json"
	manifest, err := json.Marshal([]any{map[string]any{"Config": config, "RepoTags": []string{i.Name}, "Layers": []string{"layer.tar"}}})
	if err != nil {
		return err
	}
	t := tar.NewWriter(w)
	header := func(name string, size int64) error {
		return t.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, ModTime: epoch, Typeflag: tar.TypeReg, Format: tar.FormatUSTAR})
	}
	for _, small := range []struct {
		name    string
		content []byte
	}{{"manifest.json", manifest}, {config, i.config}} {
		if err := header(small.name, int64(len(small.content))); err != nil {
			return err
		}
		if _, err := t.Write(small.content); err != nil {
			return err
		}
	}
	if err := header("layer.tar", i.layerSize); err != nil {
		return err
	}
	if err := i.layer(t); err != nil {
		return err
	}
	return t.Close()
}

// counter counts what is written.
type counter struct {
	w io.Writer
	n int64
}

func (c *counter) Write(p []byte) (int, error) {
	n, err := c.w.Write(p)
	c.n += int64(n)
	return n, err
}
