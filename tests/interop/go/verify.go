// Verify checkpoints and proofs of a log with Go's own packages, golang.org/x/mod/sumdb/note and tlog, which have
// nothing in common with Khronika. Reads one JSON object from stdin; prints what held, or says what did not and leaves
// with status 1.
//
//	GO111MODULE=off GOPATH=/usr/share/gocode go run verify.go < case.json
package main

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

type inclusion struct {
	Entry []byte   `json:"entry"`
	Index int64    `json:"index"`
	Size  int64    `json:"size"`
	Nodes [][]byte `json:"path"`
}

type consistency struct {
	Old   int64    `json:"old"`
	New   int64    `json:"new"`
	Nodes [][]byte `json:"path"`
}

type input struct {
	Vkeys       []string      `json:"vkeys"`
	Notes       [][]byte      `json:"notes"`
	Checkpoints [][]byte      `json:"checkpoints"`
	Inclusion   []inclusion   `json:"inclusion"`
	Consistency []consistency `json:"consistency"`
}

func fail(format string, values ...interface{}) {
	fmt.Printf(format+"\n", values...)
	os.Exit(1)
}

func hashes(nodes [][]byte) []tlog.Hash {
	found := make([]tlog.Hash, len(nodes))
	for i, node := range nodes {
		if len(node) != tlog.HashSize {
			fail("a hash of %d octets", len(node))
		}
		copy(found[i][:], node)
	}
	return found
}

func main() {
	var given input
	if err := json.NewDecoder(os.Stdin).Decode(&given); err != nil {
		fail("stdin: %v", err)
	}
	var verifiers []note.Verifier
	for _, vkey := range given.Vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			fail("%s: %v", vkey, err)
		}
		verifiers = append(verifiers, verifier)
	}
	known := note.VerifierList(verifiers...)
	for i, octets := range given.Notes {
		if _, err := note.Open(octets, known); err != nil {
			fail("note %d: %v", i, err)
		}
	}
	// by size: what Go takes for the root of the tree
	trees := map[int64]tlog.Hash{}
	for i, octets := range given.Checkpoints {
		signed, err := note.Open(octets, known)
		if err != nil {
			fail("checkpoint %d: %v", i, err)
		}
		lines := strings.Split(signed.Text, "\n")
		if len(lines) != 4 {
			fail("checkpoint %d: %d lines", i, len(lines))
		}
		size, err := strconv.ParseInt(lines[1], 10, 64)
		if err != nil {
			fail("checkpoint %d: %v", i, err)
		}
		root, err := base64.StdEncoding.DecodeString(lines[2])
		if err != nil {
			fail("checkpoint %d: %v", i, err)
		}
		trees[size] = hashes([][]byte{root})[0]
	}
	for i, one := range given.Inclusion {
		root, ok := trees[one.Size]
		if !ok {
			fail("inclusion %d: no checkpoint of %d", i, one.Size)
		}
		leaf := tlog.RecordHash(one.Entry)
		if err := tlog.CheckRecord(tlog.RecordProof(hashes(one.Nodes)), one.Size, root, one.Index, leaf); err != nil {
			fail("inclusion %d: %v", i, err)
		}
	}
	for i, one := range given.Consistency {
		older, newer := trees[one.Old], trees[one.New]
		if err := tlog.CheckTree(tlog.TreeProof(hashes(one.Nodes)), one.New, newer, one.Old, older); err != nil {
			fail("consistency %d: %v", i, err)
		}
	}
	fmt.Printf("%d notes, %d checkpoints, %d inclusion proofs, %d consistency proofs hold\n",
		len(given.Notes), len(given.Checkpoints), len(given.Inclusion), len(given.Consistency))
}
