package fakes3

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/irsatz/irsatz/internal/awsapi"
)

const (
	// maxFields bounds the fields of a form before its file.
	maxFields = 20 << 10
	// maxFraming is what the boundaries and headers of a form may take besides.
	maxFraming = 64 << 10
	formType   = "multipart/form-data"
	filename   = "${filename}"
)

// uploadForm is a browser upload: its fields, and the file that they end with.
// What follows the file is ignored, as by AWS.
//
// https://docs.aws.amazon.com/AmazonS3/latest/API/RESTObjectPOST.html
type uploadForm struct {
	fields map[string]string // by lower-case name
	order  []string          // the names as they were sent
	file   *multipart.Part
	policy *postPolicy // nil if the upload is anonymous
}

// field returns a field by its name in any case.
func (f *uploadForm) field(name string) string { return f.fields[strings.ToLower(name)] }

// gauge fails once more was read than a form may be long before its file.
type gauge struct {
	in   io.Reader
	left int64 // negative for no bound
}

var errGauge = errors.New("the fields of the form are too long")

// Read implements io.Reader.
func (g *gauge) Read(b []byte) (int, error) {
	if g.left < 0 {
		return g.in.Read(b)
	}
	if g.left == 0 {
		return 0, errGauge
	}
	n, err := g.in.Read(b[:min(int64(len(b)), g.left)])
	g.left -= int64(n)
	return n, err
}

func malformedForm() *awsapi.Error {
	return badRequest("MalformedPOSTRequest", "The body of your POST request is not well-formed multipart/form-data.")
}

// boundary returns what divides the fields of a form.
func boundary(h http.Header) (string, *awsapi.Error) {
	kind, params, err := mime.ParseMediaType(h.Get("Content-Type"))
	if kind != formType {
		return "", preconditionFailed("Bucket POST must be of the enclosure-type " + formType)
	}
	if err != nil || params["boundary"] == "" {
		return "", malformedForm()
	}
	return params["boundary"], nil
}

// readForm reads the fields up to the file. They say who sends the form, so they
// are read before anything can be decided.
func (x *exchange) readForm() *awsapi.Error {
	mark, err := boundary(x.r.Header)
	if err != nil {
		return err
	}
	if x.r.ContentLength < 0 {
		return missingContentLength()
	}
	in := &gauge{in: &patient{body: x.r.Body, control: http.NewResponseController(x.w)}, left: maxFields + maxFraming}
	parts, budget := multipart.NewReader(in, mark), int64(maxFields)
	f := &uploadForm{fields: make(map[string]string)}
	for f.file == nil {
		part, perr := parts.NextRawPart()
		switch {
		case errors.Is(perr, io.EOF):
			return badRequest("InvalidArgument", "POST requires exactly one file upload per request.", detail("ArgumentName", "file"), detail("ArgumentValue", "0"))
		case errors.Is(perr, errGauge):
			return fieldsTooLong()
		case perr != nil:
			return malformedForm()
		}
		if err := f.add(part, &budget); err != nil {
			return err
		}
	}
	in.left = -1
	x.form = f
	return nil
}

func fieldsTooLong() *awsapi.Error {
	return badRequest("MaxPostPreDataLengthExceededError", "Your POST request fields preceding the upload file was too large.")
}

// add takes one field in, within the budget.
func (f *uploadForm) add(part *multipart.Part, budget *int64) *awsapi.Error {
	name := part.FormName()
	lower := strings.ToLower(name)
	if lower == "file" {
		f.file = part
		return nil
	}
	value, err := io.ReadAll(io.LimitReader(part, *budget+1))
	*budget -= int64(len(value) + len(name))
	_, twice := f.fields[lower]
	switch {
	case errors.Is(err, errGauge), *budget < 0:
		return fieldsTooLong()
	case err != nil || name == "":
		return malformedForm()
	case twice:
		return invalidArgument("The form has the field more than once.", name, string(value))
	}
	f.fields[lower], f.order = string(value), append(f.order, name)
	return nil
}

// fileName is the name of the file without the folders that old browsers send
// along; "" if none was given.
func (f *uploadForm) fileName() string {
	_, params, err := mime.ParseMediaType(f.file.Header.Get("Content-Disposition"))
	if err != nil {
		return ""
	}
	name := params["filename"]
	return name[strings.LastIndexAny(name, `/\`)+1:]
}

// formHeaders are the fields that stand for headers of PutObject.
var formHeaders = map[string]string{
	"acl": "X-Amz-Acl", "content-type": "Content-Type", "content-disposition": "Content-Disposition", "content-encoding": "Content-Encoding",
	"content-language": "Content-Language", "cache-control": "Cache-Control", "expires": "Expires", "content-md5": "Content-Md5",
}

// adopt makes the fields the key and the headers of the upload, as if it were a
// PutObject: what is authorized by a header is so by its field.
func (x *exchange) adopt() *awsapi.Error {
	name, h := x.form.fileName(), make(http.Header)
	filled := func(value string) string {
		if name == "" {
			return value
		}
		return strings.ReplaceAll(value, filename, name)
	}
	for _, field := range x.form.order {
		lower := strings.ToLower(field)
		header := formHeaders[lower]
		switch {
		case authentic(lower):
			continue
		case strings.HasPrefix(lower, "x-amz-copy-source"): // a form has its file
			return headerNotImplemented(lower, x.form.fields[lower])
		case strings.HasPrefix(lower, "x-amz-"):
			header = textproto.CanonicalMIMEHeaderKey(lower)
			if err := known(header); err != nil {
				return err
			}
		case header == "":
			continue
		}
		h[header] = []string{filled(x.form.fields[lower])}
	}
	if err := adoptTags(h, x.form.field("tagging")); err != nil {
		return err
	}
	x.header, x.key = h, filled(x.form.field("key"))
	switch {
	case x.key == "":
		return missingField("key")
	case !utf8.ValidString(x.key):
		return invalidArgument("The key is not UTF-8.", "key", "")
	case len(x.key) > maxKey:
		return keyTooLong(x.key)
	}
	return nil
}

// authentic reports whether the field authenticates the form.
func authentic(lower string) bool {
	switch lower {
	case "policy", "x-amz-algorithm", "x-amz-credential", "x-amz-date", "x-amz-signature", "x-amz-security-token":
		return true
	}
	return false
}

// adoptTags turns the tags of a form, which are XML, into the header.
func adoptTags(h http.Header, field string) *awsapi.Error {
	if field == "" {
		return nil
	}
	in, serr := taggingShape.Read([]byte(field), xmlNamespace)
	if serr != nil {
		return malformedXML()
	}
	tags := tagsOf(in.Find("TagSet"))
	if err := checkTags(tags, maxTags); err != nil {
		return err
	}
	pairs := make([]string, len(tags))
	for i, t := range tags {
		pairs[i] = url.QueryEscape(t.Key) + "=" + url.QueryEscape(t.Value)
	}
	h["X-Amz-Tagging"] = []string{strings.Join(pairs, "&")}
	return nil
}

func missingField(name string) *awsapi.Error {
	return invalidArgument("Bucket POST must contain a field named '"+name+"'.  If it is specified, please check the order of the fields.", name, "")
}
