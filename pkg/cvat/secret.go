package cvat

import (
	"fmt"
	"io"
	"log/slog"
)

const redacted = "**redacted**"

// A Secret is a password, a token or a key. However it is printed or encoded,
// it shows as **redacted**; only this package sees its text. The zero value is empty.
type Secret struct {
	// A pointer, because fmt prints what lies in an unexported field of another
	// struct without asking its methods, and of a pointer prints the address.
	p *string
}

// NewSecret wraps text.
func NewSecret(text string) Secret { return Secret{&text} }

// Empty says whether there is nothing to keep secret.
func (s Secret) Empty() bool { return s.text() == "" }

func (s Secret) text() string {
	if s.p == nil {
		return ""
	}
	return *s.p
}

// String returns **redacted**.
func (s Secret) String() string { return redacted }

// GoString returns **redacted**, for %#v.
func (s Secret) GoString() string { return redacted }

// Format writes **redacted** whatever the verb, %x and %q included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, redacted) }

// MarshalJSON returns "**redacted**".
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + redacted + `"`), nil }

// MarshalText returns **redacted**, for encoders that are not JSON.
func (s Secret) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// LogValue returns **redacted**, for log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(redacted) }
