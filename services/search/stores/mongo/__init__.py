"""The store for many: MongoDB.

Several services write at once, and neither transactions nor sessions are used: a standalone server has none. Everything
is built of writes to single documents, each of which happens whole or not at all. What is acknowledged was written with
`w="majority"` and `j=True`.

**The sequence.** A follower reads `changes(since)` and never looks back, so a write must not become visible under a
number that a follower may have passed. A counter alone does not give that: who drew 7 may be slower than who drew 8.
Therefore one document, the *ledger*, holds the last number and the list of open *intents*:

1. One update of the ledger draws the number and opens an intent: (7, the image's key, the files that it needs).
2. One update of the image's document writes the record whole, with vector, on condition that the document has a smaller
   number and no fence of 7 or above. A writer that comes too late has been overtaken by a later write of the same
   image, which is as if it had been replaced at once; so numbers of one image only grow.
3. One update of the ledger closes the intent.
4. The write is acknowledged when no smaller number is open any more.

The *horizon* is the number before the smallest open intent, or the last one where none is open. Followers read up to
the horizon, ledger and images in one command, so that both come from one server.

**Writers that die.** Whoever has seen the same intent open for longer than the lease resolves it: first a *fence* of 7
is put into the image's document (one without a record is made for it, if need be), then the intent is closed. Either
the record was written before the fence, then it counts; or it never can be, however late its writer awakes, because
step 2 and the fence are updates of the same document. The writer draws another number then. No clock decides about
right and wrong: the lease decides only how long others wait.

**Conditional writes** (an amendment of label and metadata, a removal of what a filter found) replace one certain write
of an image and no other. One that is based on 5 and has drawn 8 may be faster than a commit that has drawn 7; then that
commit is not overtaken, or what it brings would be lost though nobody has seen it. So a conditional write leaves its
*base* in the document, the last write that was unconditional, and a writer that finds a number above its own and a base
below draws another number.

**Tombstones** are dropped when they are old, with a note in the ledger of the largest number among them that is made
before. One that carries a fence stays. A writer that slept for longer than a tombstone lives could write an image that
was removed meanwhile; this is the one place where time is trusted, and the time is days.

**Bytes.** A file in GridFS is visible through its *blob*, a document under the digest. The blob is made first and names
the file that is about to be uploaded, so bytes that a dead writer leaves are always on record. It counts the open
uploads. A blob that may be of no use any more is removed in steps: it gets a mark, a random one; then it is looked at
whether an open intent names it, and then whether a record has it; if neither, it is doomed on condition that the mark
is still there; then its bytes are removed, and it itself last. Whoever opens an upload or is about to write a record
takes marks away, so the removal fails, and finds out by the same update whether the blob was doomed before. Where a
writer dies on the way, `unsettled` in a blob and `replaced` in an image tell the sweep what is left to do.

**Collections.** Their names, keys and aliases are in one document, the *directory*, so that every change of them is one
update. It happens first, and then draws a number, without an intent, by an update of the ledger that notes the version
of the directory: followers read the directory after the ledger, so they may see a change before its number, but never
after. Where a writer dies in between, the next sweep draws the number. A write of an image looks into the directory
once more when its intent is open, and is begun anew where the collection's key is another one; a collection that was
dropped is removed slice by slice, and forgotten when nothing of it is left and no intent names it any more. So what a
slow writer brings into a collection that is gone, nobody finds, and it is removed with the rest.

**Counts.** The numbers of images are kept in the ledger, changed by the update that closes the intent. The limits hold
strictly over all writers, with one exception: a replacement that meets a deletion of the same image may add it beyond
the limit. Where an intent had to be resolved the counts may be off by one for each; the next sweep at a moment without
open writes counts anew.
"""
