package plan

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"strconv"
	"strings"
)

// A Shard is the part of the bags that one of several machines takes, so that together they do the work of one. A bag's
// shard depends on its path and the number of shards alone: not on other bags, their order, or the machine. The zero
// Shard is all bags.
type Shard struct {
	Number int // from 1 to Of
	Of     int // how many there are
}

// UnmarshalText reads K/N, such as 2/8.
func (s *Shard) UnmarshalText(text []byte) error {
	number, of, _ := strings.Cut(string(text), "/")
	k, errK := strconv.Atoi(number)
	n, errN := strconv.Atoi(of)
	if errK != nil || errN != nil || k < 1 || k > n {
		return fmt.Errorf("%q is not a shard: write K/N with K from 1 to N, such as 2/8", text)
	}
	*s = Shard{k, n}
	return nil
}

// String is how [Shard.UnmarshalText] reads it; "" for all bags.
func (s Shard) String() string {
	if s.Of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.Number, s.Of)
}

// Has reports whether a bag, named by its path from the root with slashes, is this shard's.
func (s Shard) Has(bag string) bool {
	if s.Of == 0 {
		return true
	}
	// Assignees are chosen by a hash of the bag, too: this one is another, so that a shard's bags are not all one person's.
	sum := sha256.Sum256([]byte("shard:" + NameOf(bag).String()))
	return binary.BigEndian.Uint64(sum[:8])%uint64(s.Of) == uint64(s.Number-1)
}
