package fakes3

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/irsatz/irsatz/fakes3/storage"
	"github.com/irsatz/irsatz/internal/awsapi"
)

const attributesHeader = "X-Amz-Object-Attributes"

// objectAttributes writes what can be asked of an object, in the order in which
// S3 answers it.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObjectAttributes.html
var objectAttributes = [...]struct {
	name  string
	write func(*exchange, *strings.Builder) *awsapi.Error
}{
	{"ETag", func(x *exchange, b *strings.Builder) *awsapi.Error {
		element(b, "ETag", strings.Trim(x.object.ETag, `"`))
		return nil
	}},
	{"Checksum", func(x *exchange, b *strings.Builder) *awsapi.Error {
		sum := x.object.Checksum
		if sum.Algorithm == "" {
			return nil
		}
		sum.Value, _, _ = strings.Cut(sum.Value, "-") // the number of parts is said elsewhere
		b.WriteString("<Checksum>")
		writeChecksum(b, sum)
		b.WriteString("</Checksum>")
		return nil
	}},
	{"ObjectParts", (*exchange).writeParts},
	{"StorageClass", func(x *exchange, b *strings.Builder) *awsapi.Error {
		element(b, "StorageClass", className(x.object))
		return nil
	}},
	{"ObjectSize", func(x *exchange, b *strings.Builder) *awsapi.Error {
		element(b, "ObjectSize", strconv.FormatInt(x.object.Size(), 10))
		return nil
	}},
}

func (x *exchange) getObjectAttributes() *awsapi.Error {
	wanted, err := wantedAttributes(x.header[attributesHeader])
	if err != nil {
		return err
	}
	var content strings.Builder
	for _, a := range objectAttributes {
		if !wanted[a.name] {
			continue
		}
		if err := a.write(x, &content); err != nil {
			return err
		}
	}
	h := x.w.Header()
	h["Last-Modified"] = []string{x.object.Modified.Format(http.TimeFormat)}
	if x.bucket.versioned() {
		h["X-Amz-Version-Id"] = []string{x.object.VersionID}
	}
	x.answer(http.StatusOK, document("GetObjectAttributesResponse", content.String()))
	return nil
}

// wantedAttributes reads a list that is one header, or as many as it has
// elements: SDKs differ.
func wantedAttributes(lists []string) (map[string]bool, *awsapi.Error) {
	wanted := make(map[string]bool)
	for name := range strings.SplitSeq(strings.Join(lists, ","), ",") {
		if name = strings.TrimSpace(name); name != "" {
			wanted[name] = true
		}
	}
	if len(wanted) == 0 {
		return nil, invalidRequest("The x-amz-object-attributes header specifying the attributes to be retrieved is either missing or empty")
	}
	known := 0
	for _, a := range objectAttributes {
		if wanted[a.name] {
			known++
		}
	}
	if known < len(wanted) {
		return nil, invalidArgument("Invalid attribute name specified.", "x-amz-object-attributes", strings.Join(lists, ","))
	}
	return wanted, nil
}

// writeParts writes how many parts an object has, and each one if its checksum
// is made of theirs.
func (x *exchange) writeParts(b *strings.Builder) *awsapi.Error {
	marker, most := 0, maxList
	for header, into := range map[string]*int{"X-Amz-Part-Number-Marker": &marker, "X-Amz-Max-Parts": &most} {
		raw := x.header.Get(header)
		n, ok := digits(raw)
		switch {
		case raw != "" && (!ok || n > 1<<31-1):
			name := strings.ToLower(header)
			return invalidArgument("Provided "+name+" not an integer or within integer range", name, raw)
		case raw != "":
			*into = int(n)
		}
	}
	most = min(most, maxList)
	all := x.object.Parts
	if len(all) == 0 {
		return nil
	}
	b.WriteString("<ObjectParts>")
	if x.object.Checksum.Composite {
		writePartPage(b, all, marker, most)
	}
	element(b, "PartsCount", itoa(len(all)))
	b.WriteString("</ObjectParts>")
	return nil
}

func writePartPage(b *strings.Builder, all []storage.Part, marker, most int) {
	next, written := 0, 0
	var page strings.Builder
	truncated := false
	for _, p := range all {
		if p.Number <= marker {
			continue
		}
		if written == most {
			truncated = most > 0
			break
		}
		page.WriteString("<Part>")
		element(&page, "Checksum"+p.Checksum.Algorithm, p.Checksum.Value)
		element(&page, "PartNumber", itoa(p.Number))
		element(&page, "Size", strconv.FormatInt(p.Size, 10))
		page.WriteString("</Part>")
		next, written = p.Number, written+1
	}
	element(b, "IsTruncated", strconv.FormatBool(truncated))
	element(b, "MaxParts", itoa(most))
	element(b, "NextPartNumberMarker", itoa(next))
	element(b, "PartNumberMarker", itoa(marker))
	b.WriteString(page.String())
}
