//! What only the allocator of GNU/Linux needs to be told.

/// Gives free pages back to the system. Walks the heap and holds its locks meanwhile: some milliseconds.
#[expect(unsafe_code, reason = "the allocator has no safe interface")]
pub(crate) fn trim_heap() {
    unsafe extern "C" {
        fn malloc_trim(pad: usize) -> std::ffi::c_int;
    }
    // SAFETY: malloc_trim takes no pointer, may be called at any time from any thread, and frees nothing in use. Its
    // answer only says whether there was anything to give back.
    let _ = unsafe { malloc_trim(0) };
}
