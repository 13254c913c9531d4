package diag

import "testing"

func TestEachCodeStandsOnceInTheTableWithItsMeaning(t *testing.T) {
	seen := map[Code]bool{}
	for _, c := range Codes {
		if seen[c.Code] || c.Code == "" || c.Meaning == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
}
