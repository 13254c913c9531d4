package diag

import "testing"

func TestEachCodeIsOnceInTheTableWithItsMeaning(t *testing.T) {
	seen := map[Code]bool{}
	for _, c := range Codes {
		if seen[c.Code] || c.Code == "" || c.Meaning == "" {
			t.Errorf("%+v", c)
		}
		seen[c.Code] = true
	}
}
