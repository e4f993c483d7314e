// Command bolt keeps a database in a file with go.etcd.io/bbolt, which maps the file, locks it, and syncs it.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

const (
	rounds = 4
	perTx  = 500
)

func main() {
	log.SetFlags(0)
	dir, err := os.MkdirTemp("", "bolt")
	check(err)
	path := filepath.Join(dir, "data.db")
	for round := range rounds {
		db, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: time.Second})
		check(err)
		if _, err := bbolt.Open(path, 0o600, &bbolt.Options{Timeout: 100 * time.Millisecond}); err != bbolt.ErrTimeout {
			log.Fatalf("a second open of a locked database: %v", err)
		}
		verify(db, round*perTx)
		fill(db, round*perTx)
		verify(db, (round+1)*perTx)
		rollBack(db)
		verify(db, (round+1)*perTx)
		check(db.View(func(tx *bbolt.Tx) error {
			for err := range tx.Check() {
				return err
			}
			return nil
		}))
		check(db.Close())
	}
	readOnly(path)
	info, err := os.Stat(path)
	check(err)
	fmt.Println(rounds*perTx, "keys,", info.Size() >= 1<<20, info.Size()%int64(os.Getpagesize()))
}

func key(i int) []byte   { return fmt.Appendf(nil, "key %08d", i*7919%100003) }
func value(i int) []byte { return fmt.Appendf(nil, "%0*d", 100+i%2000, i) }

// fill adds keys, and reads while it writes.
func fill(db *bbolt.DB, first int) {
	check(db.Update(func(tx *bbolt.Tx) error {
		b, err := tx.CreateBucketIfNotExists([]byte("bucket"))
		if err != nil {
			return err
		}
		for i := first; i < first+perTx; i++ {
			if err := b.Put(key(i), value(i)); err != nil {
				return err
			}
		}
		return nil
	}))
}

func rollBack(db *bbolt.DB) {
	tx, err := db.Begin(true)
	check(err)
	check(tx.Bucket([]byte("bucket")).Put([]byte("nothing"), make([]byte, 100000)))
	check(tx.Rollback())
}

// verify reads all n keys.
func verify(db *bbolt.DB, n int) {
	check(db.View(func(tx *bbolt.Tx) error {
		b := tx.Bucket([]byte("bucket"))
		if b == nil && n == 0 {
			return nil
		}
		for i := range n {
			if string(b.Get(key(i))) != string(value(i)) {
				return fmt.Errorf("key %d of %d holds %q", i, n, b.Get(key(i)))
			}
		}
		if got := b.Stats().KeyN; got != n {
			return fmt.Errorf("%d keys, not %d", got, n)
		}
		return nil
	}))
}

func readOnly(path string) {
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, Timeout: time.Second})
	check(err)
	verify(db, rounds*perTx)
	check(db.Close())
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
