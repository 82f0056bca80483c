package kindcluster_test

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"debug/elf"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/internal/fakedocker"
	"github.com/irsatz/irsatz/kindcluster"
)

// elfFile is the head of an ELF binary, which is all that is looked at.
func elfFile(t *testing.T, machine elf.Machine, segment elf.ProgType) string {
	t.Helper()
	var b bytes.Buffer
	h := elf.Header64{
		Ident: [elf.EI_NIDENT]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), byte(elf.EV_CURRENT)},
		Type:  uint16(elf.ET_EXEC), Machine: uint16(machine), Version: uint32(elf.EV_CURRENT),
		Phoff: 64, Ehsize: 64, Phentsize: 56, Phnum: 1,
	}
	for _, part := range []any{h, elf.Prog64{Type: uint32(segment)}} {
		if err := binary.Write(&b, binary.LittleEndian, part); err != nil {
			t.Fatal(err)
		}
	}
	b.WriteString("the program")
	return file(t, "irsatz", b.Bytes())
}

func file(t *testing.T, name string, content []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, content, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// binaryFor is a static linux binary of an architecture.
func binaryFor(t *testing.T, arch string) string {
	t.Helper()
	return elfFile(t, map[string]elf.Machine{"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64}[arch], elf.PT_LOAD)
}

// tarFiles reads a tar: the contents by name, and the headers in order.
func tarFiles(t *testing.T, text []byte) (files map[string][]byte, headers []*tar.Header) {
	t.Helper()
	files = map[string][]byte{}
	for r := tar.NewReader(bytes.NewReader(text)); ; {
		h, err := r.Next()
		if err == io.EOF {
			return files, headers
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[h.Name] = content
		headers = append(headers, h)
	}
}

func sha(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// imported is the archive that was streamed into a node.
func imported(t *testing.T, node string) []byte {
	t.Helper()
	images := docker().Images(node)
	if len(images) != 1 {
		t.Fatalf("%d archives", len(images))
	}
	return images[0]
}

// TestK08_ImageArchive: what arrives in every node is an archive of one platform,
// the node's, whose digests are right, and which has what the Dockerfile has.
func TestK08_ImageArchive(t *testing.T) {
	t.Parallel()
	for arch, machine := range map[string]string{"amd64": "x86_64", "arm64": "aarch64"} {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			name := planned(t, fakedocker.Plan{Machine: machine})
			l := launch(t, name)
			l.Kind = []byte(kindHead + "nodes: [{role: control-plane}, {role: worker}]\n")
			program := binaryFor(t, arch)
			var err error
			if l.Archive, err = kindcluster.NewImage(program, []byte("certificates")); err != nil {
				t.Fatal(err)
			}
			up(t, l)
			text := imported(t, name+"-control-plane")
			if !bytes.Equal(text, imported(t, name+"-worker")) {
				t.Error("the nodes got different images")
			}
			checkArchive(t, text, arch, l.Archive.Name)
			files, _ := tarFiles(t, text)
			layer, headers := tarFiles(t, files["layer.tar"])
			want, err := os.ReadFile(program)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(layer["irsatz"], want) || string(layer["etc/ssl/certs/ca-certificates.crt"]) != "certificates" {
				t.Errorf("the layer has %v", headers)
			}
			for _, h := range headers {
				if h.Uid != 0 || h.Gid != 0 || h.Name == "irsatz" && h.Mode != 0o755 {
					t.Errorf("%+v", h)
				}
			}
			if !strings.Contains(docker().Calls(name), "ctr --namespace=k8s.io images import --all-platforms --digests --snapshotter=overlayfs -") {
				t.Error(docker().Calls(name))
			}
			manifests := docker().Applied(name)
			if strings.Count(manifests, "image: "+l.Archive.Name+"\n") != 2 || !strings.Contains(manifests, "imagePullPolicy: IfNotPresent") {
				t.Errorf("the deployments run another image: %s", manifests)
			}
		})
	}
}

// checkArchive reads manifest.json and the config.
func checkArchive(t *testing.T, archive []byte, arch, name string) {
	t.Helper()
	files, headers := tarFiles(t, archive)
	var manifest []struct {
		Config           string
		RepoTags, Layers []string
	}
	if err := json.Unmarshal(files["manifest.json"], &manifest); err != nil || len(manifest) != 1 || len(headers) != 3 {
		t.Fatalf("manifest.json %s: %v", files["manifest.json"], err)
	}
	m := manifest[0]
	if diff := cmp.Diff([]string{name}, m.RepoTags); diff != "" || strings.HasSuffix(name, ":latest") {
		t.Error(diff)
	}
	if m.Config != sha(files[m.Config])+".json" {
		t.Errorf("the config's digest is not %s", m.Config)
	}
	var config struct {
		Architecture, OS string
		Config           struct {
			User            string
			Entrypoint, Cmd []string
		}
		RootFS struct {
			Type    string
			DiffIDs []string `json:"diff_ids"`
		}
	}
	if err := json.Unmarshal(files[m.Config], &config); err != nil {
		t.Fatal(err)
	}
	if config.Architecture != arch || config.OS != "linux" || config.Config.User != "65532:65532" || config.RootFS.Type != "layers" {
		t.Errorf("%+v", config)
	}
	if diff := cmp.Diff([]string{"/irsatz"}, config.Config.Entrypoint); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"sha256:" + sha(files["layer.tar"])}, config.RootFS.DiffIDs); diff != "" {
		t.Error(diff)
	}
}

// TestImageNames: the same contents have the same name, others another.
func TestImageNames(t *testing.T) {
	t.Parallel()
	name := func(program string, certificates []byte) string {
		i, err := kindcluster.NewImage(program, certificates)
		if err != nil {
			t.Fatal(err)
		}
		return i.Name
	}
	a := name(binaryFor(t, "amd64"), nil)
	if b := name(binaryFor(t, "amd64"), nil); a != b {
		t.Errorf("%s, then %s", a, b)
	}
	if b := name(binaryFor(t, "arm64"), nil); a == b {
		t.Errorf("both are %s", a)
	}
	if b := name(binaryFor(t, "amd64"), []byte("ca")); a == b {
		t.Errorf("both are %s", a)
	}
}

// TestImageOfOtherBinaries: what would not run in the image is refused.
func TestImageOfOtherBinaries(t *testing.T) {
	t.Parallel()
	for want, path := range map[string]string{
		"it is no linux binary":     file(t, "irsatz.exe", []byte("MZ this is a program for another system, which is of no use")),
		": it is no linux binary":   file(t, "empty", nil),
		"it is linked dynamically":  elfFile(t, elf.EM_X86_64, elf.PT_INTERP),
		"it is for EM_386":          elfFile(t, elf.EM_386, elf.PT_LOAD),
		"no such file or directory": filepath.Join(t.TempDir(), "none"),
	} {
		if _, err := kindcluster.NewImage(path, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
}

// TestImageOfAnotherArchitecture: it is refused before it is loaded.
func TestImageOfAnotherArchitecture(t *testing.T) {
	t.Parallel()
	name := planned(t, fakedocker.Plan{Machine: "aarch64"})
	e, _ := engine(t)
	_, err := e.Up(t.Context(), launch(t, name))
	checkProblem(t, err, "-control-plane is arm64, and ", "static linux/arm64 irsatz with --binary")
	if strings.Contains(docker().Calls(name), "ctr ") {
		t.Error("it was loaded")
	}
}
