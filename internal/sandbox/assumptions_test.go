package sandbox

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var citation = regexp.MustCompile(`\bA(\d+)\b`)

func TestEveryAssumptionIsNumberedCitedByTheCodeAndAsked(t *testing.T) {
	inCode := citations(t)
	for i, a := range assumptions {
		if a.Number != i+1 {
			t.Errorf("A%d is at place %d", a.Number, i+1)
		}
		if !inCode[a.Number] {
			t.Errorf("A%d is cited nowhere: %s", a.Number, a.Text)
		}
		if a.Question == 0 {
			t.Errorf("A%d has no question in pkg/cvat/contract that a CVAT can be asked: %s", a.Number, a.Text)
		}
	}
	for n := range inCode {
		if n > len(assumptions) {
			t.Errorf("A%d is cited, and is no assumption", n)
		}
	}
}

func TestTheContractAsksEveryQuestionThatAnAssumptionNames(t *testing.T) {
	files, err := filepath.Glob("../../pkg/cvat/contract/*_test.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("%v, %v", files, err)
	}
	var asked []int
	for _, f := range files {
		for _, m := range regexp.MustCompile(`(?m)^\t\{(\d+), "`).FindAllStringSubmatch(readAll(t, f), -1) {
			n, _ := strconv.Atoi(m[1])
			asked = append(asked, n)
		}
	}
	for _, a := range assumptions {
		if a.Question != 0 && !slices.Contains(asked, a.Question) {
			t.Errorf("A%d names question %d, which the contract does not ask", a.Number, a.Question)
		}
	}
}

// citations are the assumptions that the code names, tests aside.
func citations(t *testing.T) map[int]bool {
	t.Helper()
	cited := map[int]bool{}
	for _, pattern := range []string{"*.go", "*/*.go", "storage/schema.sql"} {
		files, err := filepath.Glob(pattern)
		if err != nil || len(files) == 0 {
			t.Fatal(err, pattern)
		}
		for _, f := range files {
			if strings.HasSuffix(f, "_test.go") || f == "assumptions.go" {
				continue
			}
			for _, m := range citation.FindAllStringSubmatch(readAll(t, f), -1) {
				n, _ := strconv.Atoi(m[1])
				cited[n] = true
			}
		}
	}
	return cited
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
