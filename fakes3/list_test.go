package fakes3_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// said returns the texts of elements, each list joined by spaces.
func said(body string, names ...string) string {
	var out []string
	for _, name := range names {
		out = append(out, strings.Join(all(html.UnescapeString(body), name), " "))
	}
	return strings.Join(out, "; ")
}

// TestListingMarkers: what each listing does with its markers, as AWS was seen to.
func TestListingMarkers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("list", account)
	for _, key := range []string{"dir/sub/1", "dir/sub/2", "dir/one", "dir/two"} {
		w.object("list", key, "x")
		w.start("/list/" + key)
	}
	const within = "dir%2Fsub%2F1"
	for _, tt := range []struct{ target, want string }{ // keys; common prefixes without the listing's own; next; truncated
		{"?prefix=dir/&delimiter=/&max-keys=1", "dir/one; dir/; dir/one; true"}, {"?prefix=dir/&max-keys=1", "dir/one; dir/; ; true"},
		{"?prefix=dir/&delimiter=/&max-keys=2", "dir/one; dir/ dir/sub/; dir/sub/; true"}, {"?prefix=dir/&delimiter=/&marker=" + within, "dir/two; dir/; ; false"},
		{"?prefix=dir&delimiter=/&marker=" + within, "; dir; ; false"}, {"?prefix=dir&delimiter=/", "; dir dir/; ; false"},
		{"?versions&prefix=dir/&delimiter=/&key-marker=" + within, "dir/two; dir/; ; false"}, {"?versions&prefix=dir/&delimiter=/&max-keys=2", "dir/one; dir/ dir/sub/; dir/sub/; true"},
		{"?uploads&prefix=dir/&delimiter=/&key-marker=" + within, "dir/two; dir/; dir/two; false"}, {"?uploads&prefix=dir/&delimiter=/&max-uploads=1", "dir/one; dir/; dir/one; true"},
		{"?uploads&prefix=dir/s&delimiter=/", "; dir/s dir/sub/; ; false"}, {"?uploads&upload-id-marker=x&max-uploads=1", "dir/one; ; dir/one; true"},
		{"?list-type=2&prefix=dir/&delimiter=/&start-after=" + within, "dir/two; dir/ dir/sub/; ; false"},
	} {
		got := w.call(w.root(), http.MethodGet, "/list"+tt.target)
		next := strings.TrimSpace(said(got.body, "NextMarker") + said(got.body, "NextKeyMarker"))
		if have := said(got.body, "Key", "Prefix") + "; " + next + "; " + said(got.body, "IsTruncated"); have != tt.want {
			t.Errorf("%s: %q, want %q\n%s", tt.target, have, tt.want, got.body)
		}
	}
	first := w.call(w.root(), http.MethodGet, "/list?list-type=2&max-keys=1&start-after=dir/a")
	token := strings.ReplaceAll(said(first.body, "NextContinuationToken"), "=", "%3D")
	rest := w.call(w.root(), http.MethodGet, "/list?list-type=2&start-after=dir/a&continuation-token="+token)
	if have := said(first.body, "StartAfter", "Key") + "; " + said(rest.body, "StartAfter", "Key"); have != "dir/a; dir/one; ; dir/sub/1 dir/sub/2 dir/two" {
		t.Errorf("start-after: %q", have)
	}
}

// TestListingRefusals: AWS's texts for what a listing cannot be asked.
func TestListingRefusals(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, b := w.start("/data/a"), w.start("/data/b")
	for target, want := range map[string]string{
		"/data?uploads&key-marker=a&upload-id-marker=" + b: "Invalid uploadId marker", "/data?uploads&key-marker=a&upload-id-marker=" + a: "",
		"/data?list-type=2&continuation-token=": "The continuation token provided is incorrect", "/?continuation-token=": "", "/?continuation-token=x": "The continuation token provided is incorrect",
		"/data?encoding-type=": "Invalid Encoding Method specified in Request", "/data?uploads&encoding-type=x": "Invalid Encoding Method specified in Request",
		"/data?versions&version-id-marker=null": "A version-id marker cannot be specified without a key marker.",
		"/data?max-keys=%2B5":                   "Provided max-keys not an integer or within integer range", "/data?max-keys=2147483648": "Provided max-keys not an integer or within integer range",
		"/?bucket-region=eu-east-1": "Argument value eu-east-1 is not a valid AWS Region", "/?bucket-region=eu-west-2": "", "/?bucket-region=" + region: "",
	} {
		if got := w.call(w.root(), http.MethodGet, target); got.err.Message != want {
			t.Errorf("%s: %d %s", target, got.status, got.body)
		}
	}
}

// TestListingChecksums: listings say which kind of checksum there is, and who
// began an upload.
func TestListingChecksums(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("sums", account)
	w.object("sums", "seeded", "x")
	w.with(w.root(), http.MethodPut, "/sums/one", "x", "X-Amz-Checksum-Sha256", b64sum("SHA256", "x"))
	w.assembled("/sums/parts", "CRC32", "x")
	for _, target := range []string{"/sums", "/sums?list-type=2", "/sums?versions"} {
		if have := said(w.call(w.root(), http.MethodGet, target).body, "Key", "ChecksumAlgorithm", "ChecksumType"); have != "one parts seeded; SHA256 CRC32 CRC64NVME; FULL_OBJECT COMPOSITE FULL_OBJECT" {
			t.Errorf("%s: %q", target, have)
		}
	}
	c := w.role("uploader", allow("s3:PutObject"))
	if got := w.with(c, http.MethodPost, "/sums/u?uploads", "", "X-Amz-Checksum-Algorithm", "CRC32C"); got.status != 200 {
		t.Fatal(got.body)
	}
	w.start("/sums/v")
	got := w.call(w.root(), http.MethodGet, "/sums?uploads")
	if have := said(got.body, "ChecksumAlgorithm", "ChecksumType", "DisplayName"); have != "CRC32C; COMPOSITE; session root" || !strings.Contains(got.body, "<Initiator><ID>arn:aws:sts::111122223333:assumed-role/uploader/session</ID>") {
		t.Errorf("%q %s", have, got.body)
	}
	buckets := w.call(w.root(), http.MethodGet, "/")
	if diff := cmp.Diff([]string{"arn:aws:s3:::data", "arn:aws:s3:::sums"}, all(buckets.body, "BucketArn")); diff != "" {
		t.Errorf("%s", buckets.body)
	}
}

// TestWholeListing: everything that a listing says, in S3's order.
func TestWholeListing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.bucket("list", account)
	for _, key := range []string{"a&<b>", "dir/1", "dir/2"} {
		w.object("list", key, "x")
	}
	const (
		head = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n" + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>list</Name>`
		etag = `<LastModified>T</LastModified><ETag>"9dd4e461268c8034f5c8564e155c67a6"</ETag>`
		size = `<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>1</Size>`
	)
	first := w.call(w.root(), http.MethodGet, "/list?fetch-owner=true&list-type=2&max-keys=1").body
	who := `<Owner><ID>` + said(first, "ID") + `</ID></Owner>`
	for _, tt := range []struct{ target, want string }{
		{"?delimiter=/", `<Prefix></Prefix><Marker></Marker><MaxKeys>1000</MaxKeys><Delimiter>/</Delimiter><IsTruncated>false</IsTruncated>` +
			`<Contents><Key>a&amp;&lt;b&gt;</Key>` + etag + size + who + `<StorageClass>STANDARD</StorageClass></Contents>` +
			`<CommonPrefixes><Prefix>dir/</Prefix></CommonPrefixes>`},
		{"?list-type=2&max-keys=1&encoding-type=url&start-after=A", `<Prefix></Prefix><NextContinuationToken>MWEmPGI-</NextContinuationToken><StartAfter>A</StartAfter>` +
			`<KeyCount>1</KeyCount><MaxKeys>1</MaxKeys><EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>` +
			`<Contents><Key>a%26%3Cb%3E</Key>` + etag + size + `<StorageClass>STANDARD</StorageClass></Contents>`},
		{"?list-type=2&prefix=dir/&continuation-token=MWRpci8x", `<Prefix>dir/</Prefix><ContinuationToken>MWRpci8x</ContinuationToken>` +
			`<KeyCount>1</KeyCount><MaxKeys>1000</MaxKeys><IsTruncated>false</IsTruncated>` +
			`<Contents><Key>dir/2</Key>` + etag + size + `<StorageClass>STANDARD</StorageClass></Contents>`},
		{"?list-type=2&max-keys=0", `<Prefix></Prefix><KeyCount>0</KeyCount><MaxKeys>0</MaxKeys><IsTruncated>false</IsTruncated>`},
	} {
		got := regexp.MustCompile(`<LastModified>[^<]+`).ReplaceAllString(w.call(w.root(), http.MethodGet, "/list"+tt.target).body, "<LastModified>T")
		if diff := cmp.Diff(head+tt.want+"</ListBucketResult>", got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.target, diff)
		}
	}
}
