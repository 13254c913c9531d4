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

func TestEveryAssumptionIsNumberedAndCitedByTheCodeOrATest(t *testing.T) {
	inCode, inTests := citations(t)
	for i, a := range assumptions {
		if a.Number != i+1 {
			t.Errorf("A%d stands at place %d", a.Number, i+1)
		}
		if !inCode[a.Number] {
			t.Errorf("A%d is cited nowhere: %s", a.Number, a.Text)
		}
		if a.Question == 0 && !inTests[a.Number] {
			t.Errorf("A%d has neither a question in the contract nor a test here: %s", a.Number, a.Text)
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

func citations(t *testing.T) (inCode, inTests map[int]bool) {
	t.Helper()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	inside, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, inside...)
	recorded, err := filepath.Glob("testdata/exchanges/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	inCode, inTests = map[int]bool{}, map[int]bool{}
	for _, f := range append(append(files, "storage/schema.sql"), recorded...) {
		into := inCode
		if strings.HasSuffix(f, "_test.go") || strings.HasSuffix(f, ".txt") {
			into = inTests
		}
		for _, m := range citation.FindAllStringSubmatch(readAll(t, f), -1) {
			n, _ := strconv.Atoi(m[1])
			into[n] = into[n] || f != "assumptions.go"
		}
	}
	return inCode, inTests
}

func readAll(t *testing.T, name string) string {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
