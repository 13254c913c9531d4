package cvat

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"time"

	"github.com/cvatplan/cvatplan/internal/diag"
	"github.com/cvatplan/cvatplan/internal/regular"
)

// newTransport is the network as this client uses it: TLS verified, proxy
// variables honoured, HTTP/1.1 only, so that each upload has a connection of its
// own and none waits behind another's bytes.
func newTransport(o Options) (http.RoundTripper, error) {
	if o.Transport != nil {
		if o.CAFile != "" {
			return nil, errors.New("a CA file and a transport cannot both be given")
		}
		return o.Transport, nil
	}
	roots, err := readRoots(o.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: 30 * time.Second, KeepAlive: 30 * time.Second}
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            dialer.DialContext,
		TLSClientConfig:        &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
		TLSHandshakeTimeout:    30 * time.Second,
		ExpectContinueTimeout:  time.Second,
		MaxIdleConnsPerHost:    32,
		IdleConnTimeout:        90 * time.Second,
		MaxResponseHeaderBytes: 256 << 10,
		Protocols:              new(http.Protocols),
	}
	t.Protocols.SetHTTP1(true)
	return t, nil
}

// maxRoots is many times all the authorities that a system trusts, in bytes.
const maxRoots = 16 << 20

// readRoots adds a file of authorities to the system's; no file means the system's alone.
// badCAFile adds what the file should be.
func badCAFile(err error) error {
	return &advisedError{err, diag.Do(diag.HintGiveCertificates)}
}

func readRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	f, err := regular.OpenGiven(file)
	if err != nil {
		return nil, badCAFile(fmt.Errorf("CA file: %w", err))
	}
	defer f.Close()
	pem, err := io.ReadAll(io.LimitReader(f, maxRoots))
	if err != nil {
		return nil, badCAFile(fmt.Errorf("CA file: %w", err))
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, badCAFile(fmt.Errorf("CA file %s: no certificate in it", file))
	}
	return roots, nil
}
