//! Memory that is wiped before it is given back.
//!
//! The library wipes the key bytes and passphrases that it knows of. What passes them on the way – the text that a key
//! was pasted in, a buffer that grew, OpenSSL's own decoders – is freed in many places, not all of them ours. So the
//! program wipes every block of memory when it is freed: what a later fault might show, a core dump or a swap file holds,
//! is then no key. What is still in use, and what the system maps, is not touched.

#![expect(
    unsafe_code,
    reason = "allocators are unsafe by their nature; each block states what it relies on"
)]

use std::alloc::{GlobalAlloc, Layout, System, alloc, dealloc};
use std::ffi::{c_char, c_int, c_void};
use std::hint::black_box;
use std::ptr;

/// The system's allocator, wiping what is freed.
pub(crate) struct Wiping;

#[global_allocator]
static ALLOCATOR: Wiping = Wiping;

/// Overwrites a block that will not be read again.
///
/// # Safety
/// The block has to be valid for writing this many bytes.
unsafe fn wipe(block: *mut u8, size: usize) {
    // SAFETY: the caller's promise.
    unsafe { ptr::write_bytes(block, 0, size) };
    // To the compiler the block is looked at here, so that it may not leave the writing out.
    black_box(block);
}

// SAFETY: every call is passed to the system's allocator with the arguments that it has to have.
unsafe impl GlobalAlloc for Wiping {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for the caller.
        unsafe { System.alloc(layout) }
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as for the caller.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: the caller gives the layout that the block has.
        unsafe {
            wipe(block, layout.size());
            System.dealloc(block, layout);
        }
    }

    /// Always by a copy: the system would move the bytes and leave the old ones.
    unsafe fn realloc(&self, block: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // SAFETY: the caller promises that `size`, rounded up to the alignment, is no more than isize::MAX; both blocks are
        // valid for the lesser of their sizes and do not overlap.
        unsafe {
            let new = System.alloc(Layout::from_size_align_unchecked(size, layout.align()));
            if !new.is_null() {
                ptr::copy_nonoverlapping(block, new, size.min(layout.size()));
                self.dealloc(block, layout);
            }
            new
        }
    }
}

/// What precedes each of OpenSSL's blocks: its size. As long as the greatest alignment.
const HEADER: usize = 16;

type Malloc = unsafe extern "C" fn(usize, *const c_char, c_int) -> *mut c_void;
type Realloc = unsafe extern "C" fn(*mut c_void, usize, *const c_char, c_int) -> *mut c_void;
type Free = unsafe extern "C" fn(*mut c_void, *const c_char, c_int);

unsafe extern "C" {
    /// crypto/mem.c; returns 0 where something was allocated before.
    fn CRYPTO_set_mem_functions(malloc: Malloc, realloc: Realloc, free: Free) -> c_int;
}

/// Has OpenSSL allocate here, too. To be called before anything else is done with it.
pub(crate) fn wipe_openssl() {
    // SAFETY: the three functions keep the promises of malloc, realloc and free to each other, and no thread runs yet.
    let _ = unsafe { CRYPTO_set_mem_functions(malloc, realloc, free) };
}

fn layout(size: usize) -> Option<Layout> {
    Layout::from_size_align(size.checked_add(HEADER)?, HEADER).ok()
}

unsafe extern "C" fn malloc(size: usize, _: *const c_char, _: c_int) -> *mut c_void {
    let Some(layout) = layout(size) else {
        return ptr::null_mut();
    };
    // SAFETY: the layout has a size, the header's; the header is within the block and aligned.
    unsafe {
        let block = alloc(layout);
        if block.is_null() {
            return ptr::null_mut();
        }
        block.cast::<usize>().write(size);
        block.add(HEADER).cast()
    }
}

unsafe extern "C" fn realloc(
    block: *mut c_void,
    size: usize,
    file: *const c_char,
    line: c_int,
) -> *mut c_void {
    // SAFETY: OpenSSL gives blocks that `malloc` made, and null for none.
    unsafe {
        if block.is_null() {
            return malloc(size, file, line);
        }
        let new = malloc(size, file, line);
        if !new.is_null() {
            let old = block.cast::<u8>().sub(HEADER).cast::<usize>().read();
            ptr::copy_nonoverlapping(block.cast::<u8>(), new.cast(), old.min(size));
            free(block, file, line);
        }
        new
    }
}

unsafe extern "C" fn free(block: *mut c_void, _: *const c_char, _: c_int) {
    if block.is_null() {
        return;
    }
    // SAFETY: the block is one that `malloc` made, so that its size precedes it and its layout is that one.
    unsafe {
        let block = block.cast::<u8>().sub(HEADER);
        if let Some(layout) = layout(block.cast::<usize>().read()) {
            dealloc(block, layout);
        }
    }
}
