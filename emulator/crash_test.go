package emulator_test

import (
	"bufio"
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/google/go-cmp/cmp"

	"github.com/irsatz/irsatz/emulator"
)

// crashDir makes the test binary a server over this folder, for the tests below
// to kill.
var crashDir = flag.String("crash-dir", "", "serve from this data directory until killed")

// TestCrashServer is that server. It prints where it is, and ends when nobody
// reads its input any more.
func TestCrashServer(t *testing.T) {
	if *crashDir == "" {
		t.Skip("serves the tests that kill it")
	}
	s := start(t, standardSetup(), in(*crashDir))
	token := s.mint(emulator.TokenRequest{Cluster: "sandbox"})
	if err := json.NewEncoder(os.Stdout).Encode(crashInfo{s.AWSURL(), s.ControlURL(), token}); err != nil {
		t.Fatal(err)
	}
	_, _ = bufio.NewReader(os.Stdin).ReadByte()
}

// crashInfo is what the server prints.
type crashInfo struct{ AWS, Control, Token string }

// victim is a running server that is to be killed.
type victim struct {
	crashInfo
	process *exec.Cmd
}

func startVictim(t *testing.T, dir string) *victim {
	t.Helper()
	v := &victim{process: exec.Command(os.Args[0], "-test.run=^TestCrashServer$", "-test.v=false", "-crash-dir="+dir)}
	v.process.Stderr = os.Stderr
	out, err := v.process.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.process.StdinPipe(); err != nil { // which ends with this process
		t.Fatal(err)
	}
	if err := v.process.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(v.kill)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err == nil {
		err = json.Unmarshal([]byte(line), &v.crashInfo)
	}
	if err != nil {
		t.Fatalf("start after a crash: %v: %s", err, line)
	}
	return v
}

func (v *victim) kill() {
	_ = v.process.Process.Kill()
	_ = v.process.Wait()
}

// clients are SDKs that try everything once.
type clients struct {
	iam *iam.Client
	s3  *s3.Client
}

func (v *victim) clients() clients {
	c := aws.Config{
		Region: region, BaseEndpoint: &v.AWS, HTTPClient: &http.Client{Transport: &patient{}}, Retryer: func() aws.Retryer { return aws.NopRetryer{} },
		Credentials: credentials.NewStaticCredentialsProvider("test", "test", ""),
	}
	return clients{iam.NewFromConfig(c), s3.NewFromConfig(c, func(o *s3.Options) { o.UsePathStyle = true })}
}

// patient sends requests whose bodies stay open. The SDK closes them when the
// answer begins, and net/http, which may still be looking for their end, then
// drops the connection under an answer of more than a few kilobytes.
type patient struct{ http.Transport }

func (p *patient) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return p.Transport.RoundTrip(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return p.Transport.RoundTrip(r)
}

// cell is a thing that one writer changes: a role's description, or an object.
// "" means that it is not there.
type cell struct {
	name    string
	known   string // what was acknowledged last
	attempt string // what was sent and not acknowledged
	open    bool   // there is an attempt
}

// write gives the cell another value.
func (c *cell) write(ctx context.Context, at clients, value string) error {
	c.attempt, c.open = value, true
	var err error
	if kind, key, _ := strings.Cut(c.name, ":"); kind == "role" {
		err = c.writeRole(ctx, at.iam, key)
	} else {
		err = c.writeObject(ctx, at.s3, key)
	}
	if err == nil {
		c.known, c.open = value, false
	}
	return err
}

func (c *cell) writeRole(ctx context.Context, client *iam.Client, name string) (err error) {
	switch {
	case c.attempt == "":
		_, err = client.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: &name})
	case c.known == "":
		_, err = client.CreateRole(ctx, &iam.CreateRoleInput{RoleName: &name, Description: &c.attempt, AssumeRolePolicyDocument: aws.String(
			`{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"` + account + `"},"Action":"sts:AssumeRole"}}`)})
	default:
		_, err = client.UpdateRole(ctx, &iam.UpdateRoleInput{RoleName: &name, Description: &c.attempt})
	}
	return err
}

func (c *cell) writeObject(ctx context.Context, client *s3.Client, key string) (err error) {
	if c.attempt == "" {
		_, err = client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: aws.String("data"), Key: &key})
		return err
	}
	_, err = client.PutObject(ctx, &s3.PutObjectInput{Bucket: aws.String("data"), Key: &key, Body: strings.NewReader(c.attempt)})
	return err
}

// found is the state as it is: descriptions of roles and digests of objects.
func found(t *testing.T, at clients) map[string]string {
	t.Helper()
	all := map[string]string{}
	pages := iam.NewListRolesPaginator(at.iam, &iam.ListRolesInput{MaxItems: aws.Int32(1000)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range page.Roles {
			all["role:"+*r.RoleName] = aws.ToString(r.Description)
		}
	}
	list, err := at.s3.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("data")})
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range list.Contents {
		all["object:"+*o.Key] = strings.Trim(*o.ETag, `"`)
	}
	return all
}

// settle compares the cell with what was found: what was acknowledged last, or
// what was under way when the server died.
func (c *cell) settle(t *testing.T, all map[string]string) {
	t.Helper()
	is := all[c.name]
	fits := func(value string) bool {
		if strings.HasPrefix(c.name, "object:") && value != "" {
			value = digest(value)
		}
		return value == is
	}
	switch {
	case c.open && fits(c.attempt):
		c.known = c.attempt
	case !fits(c.known):
		t.Errorf("%s is %q, acknowledged was %q, and %q sent (%v)", c.name, is, c.known, c.attempt, c.open)
		c.known = is
	}
	c.open = false
}

// crash is a server that is killed again and again, and what it must not lose.
type crash struct {
	*testing.T
	dir     string
	cells   [][]*cell // of each writer
	session aws.CredentialsProvider
	keys    string
}

// start starts the server and compares what it has with what it must have.
func (c *crash) start() *victim {
	c.Helper()
	v := startVictim(c.T, c.dir)
	all := found(c.T, v.clients())
	for _, list := range c.cells {
		for _, cell := range list {
			cell.settle(c.T, all)
		}
	}
	client := sts.New(sts.Options{Region: region, BaseEndpoint: &v.AWS, Credentials: c.session, Retryer: aws.NopRetryer{}})
	if c.session == nil {
		assumed, err := client.AssumeRoleWithWebIdentity(c.Context(), &sts.AssumeRoleWithWebIdentityInput{
			RoleArn: aws.String(roleARN), RoleSessionName: aws.String("first"), WebIdentityToken: &v.Token,
		})
		if err != nil {
			c.Fatal(err)
		}
		k := assumed.Credentials
		c.session = credentials.NewStaticCredentialsProvider(*k.AccessKeyId, *k.SecretAccessKey, *k.SessionToken)
	} else if _, err := client.GetCallerIdentity(c.Context(), &sts.GetCallerIdentityInput{}); err != nil {
		c.Errorf("the session of the first run: %v", err)
	}
	response, err := http.Get(v.AWS + "/id/" + eksID + "/keys")
	if err != nil {
		c.Fatal(err)
	}
	if keys := read(c, response).body; c.keys == "" {
		c.keys = keys
	} else if keys != c.keys {
		c.Errorf("other keys: %s", keys)
	}
	return v
}

// round has all writers write until the server dies, which is soon after so
// many writes, and returns how many were acknowledged.
func (c *crash) round(after int, delay time.Duration) int {
	v := c.start()
	var acknowledged atomic.Int64
	var dead atomic.Bool
	enough := make(chan struct{})
	var writing sync.WaitGroup
	for _, cells := range c.cells {
		at := v.clients()
		writing.Go(func() {
			for n := 0; ; n++ {
				cell := cells[rand.IntN(len(cells))]
				value := ""
				if cell.known == "" || rand.IntN(4) > 0 {
					value = fmt.Sprintf("%s %d %d", cell.name, after, n)
				}
				if err := cell.write(c.Context(), at, value); err != nil {
					if !dead.Load() {
						c.Errorf("%s: %v", cell.name, err)
					}
					return
				}
				if acknowledged.Add(1) == int64(after) {
					close(enough)
				}
			}
		})
	}
	<-enough
	time.Sleep(delay)
	dead.Store(true)
	v.kill()
	writing.Wait()
	return int(acknowledged.Load())
}

// TestCrash kills a server at random points of 1,000 writes by writers at once,
// 20 times. Every write that was acknowledged is found by the next start, and
// the session and the keys of the first one are good in all.
func TestCrash(t *testing.T) {
	if testing.Short() {
		t.Skip("starts 21 processes")
	}
	t.Parallel()
	const rounds, writers, writes = 20, 4, 1000
	c := &crash{T: t, dir: t.TempDir(), cells: make([][]*cell, writers)}
	for w := range c.cells {
		for i := range 10 {
			kind := []string{"role", "object"}[i%2]
			c.cells[w] = append(c.cells[w], &cell{name: fmt.Sprintf("%s:w%d-%d", kind, w, i)})
		}
	}
	done := 0
	for round := range rounds {
		mean := max(1, (writes-done)/(rounds-round))
		after := 1 + rand.IntN(2*mean)
		if round == rounds-1 {
			after = mean
		}
		done += c.round(after, time.Duration(rand.IntN(3000))*time.Microsecond)
	}
	c.start().kill()
	if done < writes {
		t.Errorf("%d writes", done)
	}
}

// TestCrashInReset kills a server that is reset without end. The next start
// finds the state whole.
func TestCrashInReset(t *testing.T) {
	if testing.Short() {
		t.Skip("starts processes")
	}
	t.Parallel()
	dir := t.TempDir()
	for range 6 {
		v := startVictim(t, dir)
		all := found(t, v.clients())
		want := map[string]string{"role:sandbox": "", "object:a.txt": digest("hello"), "object:id/x": digest("not an issuer")}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("after a crash in a reset: %s", diff)
		}
		if _, err := v.clients().s3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("data"), Key: aws.String("mine")}); err != nil {
			t.Error(err)
		}
		var dead atomic.Bool
		first := make(chan struct{})
		var resetting sync.WaitGroup
		resetting.Go(func() {
			for n := 0; ; n++ {
				if err := (&emulator.Client{URL: v.Control}).Reset(t.Context()); err != nil {
					if !dead.Load() {
						t.Error(err)
					}
					return
				}
				if n == 0 {
					close(first)
				}
			}
		})
		<-first
		time.Sleep(time.Duration(rand.IntN(20_000)) * time.Microsecond)
		dead.Store(true)
		v.kill()
		resetting.Wait()
		if left, err := filepath.Glob(filepath.Join(dir, "s3", "*")); err != nil || len(left) > 3 {
			t.Errorf("buckets in %v, %v", left, err)
		}
	}
}

func digest(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}
