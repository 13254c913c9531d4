// Command delay is a loopback TCP proxy that adds latency: every byte arrives later by half of the
// given round trip, each way, however many are under way.
//
//	go run ./bench/delay 127.0.0.1:8080 50ms     # prints the address that it listens on
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"os"
	"time"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: delay HOST:PORT ROUNDTRIP")
	}
	trip, err := time.ParseDuration(os.Args[2])
	if err != nil {
		log.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(l.Addr())
	for {
		client, err := l.Accept()
		if err != nil {
			log.Fatal(err)
		}
		go serve(client, os.Args[1], trip/2)
	}
}

func serve(client net.Conn, address string, delay time.Duration) {
	server, err := net.Dial("tcp", address)
	if err != nil {
		client.Close()
		return
	}
	go pipe(server, client, delay)
	pipe(client, server, delay)
}

// A piece is what was read at once, and when it is due.
type piece struct {
	data []byte
	due  time.Time
}

// pipe copies from src to dst, each piece after the delay. 64 pieces of 256 KiB are under way at most.
func pipe(dst, src net.Conn, delay time.Duration) {
	pieces := make(chan piece, 64)
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 256<<10)
			n, err := src.Read(buf)
			if n > 0 {
				pieces <- piece{buf[:n], time.Now().Add(delay)}
			}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := dst.Write(p.data); err != nil {
			break
		}
	}
	dst.(*net.TCPConn).CloseWrite()
	_, _ = io.Copy(io.Discard, src) // let the reader above end
}
