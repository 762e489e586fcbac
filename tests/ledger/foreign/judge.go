// A judge that shares no code with WasteHub: the packages of Go's checksum database read what we export.
//
// A question a line on standard input, words separated by tabs; an answer a line: "good" or "bad: why".
//
//	note KEY TEXT-IN-BASE64                      the note opens under the verifier key
//	root SIZE ROOT FOLDER                        entry bundles in FOLDER/tile/entries lead to the root
//	tiles SIZE ROOT FOLDER INDEX                 hash tiles in FOLDER prove the entry, read and checked by Go
//	record SIZE ROOT INDEX HASH PROOF            an inclusion proof of ours; hashes in base64, with commas
//	tree SIZE ROOT OLD-SIZE OLD-ROOT PROOF       a consistency proof of ours
package main

import (
	"bufio"
	"encoding/base64"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

func number(text string) int64 {
	value, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		panic(err)
	}
	return value
}

func hash(text string) tlog.Hash {
	made, err := tlog.ParseHash(text)
	if err != nil {
		panic(err)
	}
	return made
}

func hashes(text string) (made []tlog.Hash) {
	if text == "" {
		return nil
	}
	for _, each := range strings.Split(text, ",") {
		made = append(made, hash(each))
	}
	return made
}

func opens(key, text string) error {
	verifier, err := note.NewVerifier(key)
	if err != nil {
		return err
	}
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	_, err = note.Open(data, note.VerifierList(verifier))
	return err
}

func path(number int64) string {
	made := fmt.Sprintf("%03d", number%1000)
	for number /= 1000; number > 0; number /= 1000 {
		made = fmt.Sprintf("x%03d/%s", number%1000, made)
	}
	return made
}

type stored struct{ hashes []tlog.Hash }

func (s *stored) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	made := make([]tlog.Hash, len(indexes))
	for at, index := range indexes {
		if index >= int64(len(s.hashes)) {
			return nil, fmt.Errorf("no hash %d", index)
		}
		made[at] = s.hashes[index]
	}
	return made, nil
}

func leads(size int64, root tlog.Hash, folder string) error {
	store := &stored{}
	for first := int64(0); first < size; first += 256 {
		name := filepath.Join(folder, "tile", "entries", path(first/256))
		if size-first < 256 {
			name = fmt.Sprintf("%s.p/%d", name, size-first)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		for at := first; len(data) > 0; at++ {
			length := int(data[0])<<8 | int(data[1])
			more, err := tlog.StoredHashes(at, data[2:2+length], store)
			if err != nil {
				return err
			}
			store.hashes = append(store.hashes, more...)
			data = data[2+length:]
		}
	}
	found, err := tlog.TreeHash(size, store)
	if err != nil {
		return err
	}
	if found != root {
		return fmt.Errorf("root %v", found)
	}
	return nil
}

type files struct{ folder string }

func (f files) Height() int { return 8 }

func (f files) SaveTiles([]tlog.Tile, [][]byte) {}

func (f files) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var made [][]byte
	for _, tile := range tiles {
		name := filepath.Join(f.folder, "tile", strconv.Itoa(tile.L), path(tile.N))
		if tile.W < 256 {
			name = fmt.Sprintf("%s.p/%d", name, tile.W)
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		made = append(made, data)
	}
	return made, nil
}

func proves(size int64, root tlog.Hash, folder string, index int64) error {
	reader := tlog.TileHashReader(tlog.Tree{N: size, Hash: root}, files{folder})
	_, err := tlog.ProveRecord(size, index, reader)
	return err
}

func judge(words []string) (err error) {
	defer func() {
		if problem := recover(); problem != nil {
			err = fmt.Errorf("%v", problem)
		}
	}()
	switch words[0] {
	case "note":
		return opens(words[1], words[2])
	case "root":
		return leads(number(words[1]), hash(words[2]), words[3])
	case "tiles":
		return proves(number(words[1]), hash(words[2]), words[3], number(words[4]))
	case "record":
		return tlog.CheckRecord(hashes(words[5]), number(words[1]), hash(words[2]), number(words[3]), hash(words[4]))
	case "tree":
		return tlog.CheckTree(hashes(words[5]), number(words[1]), hash(words[2]), number(words[3]), hash(words[4]))
	}
	return fmt.Errorf("no such question: %s", words[0])
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<22)
	for lines.Scan() {
		if err := judge(strings.Split(lines.Text(), "\t")); err != nil {
			fmt.Printf("bad: %v\n", strings.ReplaceAll(err.Error(), "\n", " "))
		} else {
			fmt.Println("good")
		}
	}
}
