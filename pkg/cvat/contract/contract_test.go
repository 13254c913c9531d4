package contract

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/cvatplan/cvatplan/internal/sandbox"
	"github.com/cvatplan/cvatplan/pkg/cvat"
	"github.com/cvatplan/cvatplan/pkg/cvat/cvattest"
)

// A question is one thing that cvatplan believes of CVAT. Its number is for
// ever: sandbox and docs cite it.
type question struct {
	number int
	belief string
	ask    func(t *testing.T, s *suite)
}

// questions are all of them, by number.
func questions() []question {
	var all []question
	for _, part := range [][]question{accountQuestions, projectQuestions, taskQuestions, listQuestions, uploadQuestions, importQuestions, failureQuestions, frameQuestions, organizationQuestions, annotationQuestions, exportQuestions, settingQuestions, changeQuestions, oddityQuestions, serverFileQuestions, contextQuestions, cloudQuestions, videoQuestions} {
		all = append(all, part...)
	}
	return all
}

func TestQuestionsAreNumberedOnceAndInOrder(t *testing.T) {
	last := 0
	for _, q := range questions() {
		if q.number <= last {
			t.Errorf("%d (%s) comes after %d", q.number, q.belief, last)
		}
		last = q.number
	}
}

func TestEmbeddedServerIsAsCVATIs(t *testing.T) {
	srv := cvattest.Start(t)
	askAll(t, server{
		url: srv.URL, token: cvat.NewSecret(srv.Token), rawToken: srv.Token,
		username: sandbox.Username, password: sandbox.Password, poll: 5 * time.Millisecond, embedded: srv,
	})
}

func TestCVATIsAsWeBelieve(t *testing.T) {
	url, token := os.Getenv("CVAT_TEST_URL"), os.Getenv("CVAT_TEST_TOKEN")
	if url == "" || token == "" {
		t.Log("no CVAT was asked: set CVAT_TEST_URL and CVAT_TEST_TOKEN (and CVAT_TEST_USERNAME, CVAT_TEST_PASSWORD) to ask one")
		t.Run("CVAT_TEST_URL and CVAT_TEST_TOKEN are not set", func(t *testing.T) { t.SkipNow() })
		return
	}
	askAll(t, server{
		url: url, token: cvat.NewSecret(token), rawToken: token,
		username: os.Getenv("CVAT_TEST_USERNAME"), password: os.Getenv("CVAT_TEST_PASSWORD"), poll: 200 * time.Millisecond,
	})
}

// A server is where to ask, and as whom.
type server struct {
	url                string
	token              cvat.Secret
	rawToken           string
	username, password string           // may be empty
	poll               time.Duration    // between looks at an import
	embedded           *cvattest.Server // nil: a CVAT
}

// A suite is one run against one server.
type suite struct {
	server
	*cvat.Client
	project int
	run     string // unique: part of every name
	count   int
	whole   *testing.T     // the test of all questions
	hold    *cvattest.Hold // of imports; see held
	scenes  map[[2]int]*scene
}

func askAll(t *testing.T, at server) {
	s := begin(t, at)
	for _, q := range questions() {
		t.Run(fmt.Sprintf("%02d %s", q.number, q.belief), func(t *testing.T) { q.ask(t, s) })
	}
}

// begin makes the project in which all happens, and deletes it at the end.
func begin(t *testing.T, at server) *suite {
	t.Helper()
	s := &suite{server: at, run: "cvatplan-contract-" + random(), whole: t, scenes: map[[2]int]*scene{}}
	s.Client = s.client(t, cvat.Options{})
	about, err := s.About(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := about.Check(true); err != nil {
		t.Fatal(err)
	}
	p, err := s.CreateProject(t.Context(), s.run, "", []cvat.Label{{Name: "apple"}})
	if err != nil {
		t.Fatal(err)
	}
	s.project = p.ID
	t.Logf("CVAT %s at %s, project %d %q", about.Version, at.url, p.ID, p.Name)
	t.Cleanup(func() { s.sweep(t, s.Client, p.ID) })
	return s
}

func (s *suite) client(t *testing.T, o cvat.Options) *cvat.Client {
	t.Helper()
	o.BaseURL = s.url
	if o.Credentials == (cvat.Credentials{}) {
		o.Credentials.AccessToken = s.token
	}
	c, err := cvat.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sweep deletes a project of ours. A task that is being imported cannot be
// deleted, so it is tried until the imports are over, which a busy server may take long for.
func (s *suite) sweep(t *testing.T, c *cvat.Client, project int) {
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	for {
		err := c.DeleteProject(ctx, project)
		if err == nil || errors.Is(err, cvat.ErrNotFound) {
			return
		}
		if ctx.Err() != nil {
			t.Errorf("project %d stays behind: %v", project, err)
			return
		}
		s.wait(ctx)
	}
}

// wait is until the server may have got on; a server has no other way to tell.
func (s *suite) wait(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-time.After(s.poll):
	}
}

// name is a task name that no other has.
func (s *suite) name() string {
	s.count++
	return fmt.Sprintf("%s %03d", s.run, s.count)
}

func random() string {
	var b [6]byte
	_, _ = rand.Read(b[:])
	return hex.EncodeToString(b[:])
}
