//! Files that are there whole or not at all: written beside, flushed to the disk, renamed.
//!
//! A device, a pipe or `/dev/stdout` is written through, a link keeps its place and its target changes, a file that is
//! replaced keeps its mode, and a file that the command reads is never replaced.

mod scratch;

pub use scratch::Scratch;

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tempfile::NamedTempFile;

/// How the names of unfinished files begin.
pub const PREFIX: &str = ".writing-";

/// The files that this process reads for its user.
static INPUTS: Mutex<Vec<PathBuf>> = Mutex::new(Vec::new());
/// Whether the system refused to take what was written.
static REFUSED: AtomicBool = AtomicBool::new(false);

/// Notes a file that the user gave: no output takes its place.
pub fn note_input(path: &Path) {
    let mut inputs = INPUTS.lock().unwrap_or_else(|e| e.into_inner());
    if !inputs.iter().any(|known| known == path) {
        inputs.push(path.to_path_buf());
    }
}

/// Whether this is a file that the user gave, under whatever name.
pub fn is_input(path: &Path) -> bool {
    let inputs = INPUTS.lock().unwrap_or_else(|e| e.into_inner());
    inputs.iter().any(|input| same_file(input, path))
}

/// Whether two names are one file.
pub fn same_file(a: &Path, b: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt as _;
        let id = |path: &Path| fs::metadata(path).map(|m| (m.dev(), m.ino())).ok();
        id(a).is_some_and(|a| id(b) == Some(a))
    }
    #[cfg(not(unix))]
    {
        a.canonicalize().is_ok_and(|a| b.canonicalize().is_ok_and(|b| a == b))
    }
}

/// Notes that the system refused a file for want of room, permission or a disk that takes it: such a command has an exit
/// code of its own.
pub fn note_refusal(error: &io::Error) {
    use io::ErrorKind::{FileTooLarge, PermissionDenied, QuotaExceeded, ReadOnlyFilesystem, StorageFull};
    let kind = error.kind();
    if matches!(kind, StorageFull | QuotaExceeded | ReadOnlyFilesystem | FileTooLarge | PermissionDenied) {
        REFUSED.store(true, Ordering::Relaxed);
    }
}

/// Whether anything was refused so.
pub fn was_refused() -> bool {
    REFUSED.load(Ordering::Relaxed)
}

/// A file that takes its name when it is complete. Dropped without [`Output::commit`], it leaves nothing behind.
pub struct Output {
    to: To,
    path: PathBuf,
}

enum To {
    /// A neighbour that will be renamed.
    Beside(BufWriter<NamedTempFile>, PathBuf),
    /// What can't be replaced: a device, a pipe.
    Through(BufWriter<File>),
}

const BUFFER: usize = 1 << 16;

impl Output {
    /// Opens a nameless neighbour of `path`, or what stands there if it can't be replaced.
    ///
    /// # Errors
    /// Where the folder can't be written, and for a file that this command reads.
    pub fn create(path: &Path) -> io::Result<Self> {
        if is_input(path) {
            let why = "this command reads that file and would lose it; name another one";
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, why));
        }
        Self::open(path).inspect_err(note_refusal)
    }

    fn open(path: &Path) -> io::Result<Self> {
        let there = fs::metadata(path).ok();
        // What these name is open already, whatever it is.
        let open =
            ["/dev/stdout", "/dev/stderr", "/dev/fd", "/proc"].iter().any(|name| path.starts_with(name));
        if there.as_ref().is_some_and(|there| !there.is_file() && !there.is_dir()) || open {
            // At the end: a file that the shell has opened keeps what others wrote there.
            let file = File::options().append(true).open(path)?;
            return Ok(Self {
                to: To::Through(BufWriter::with_capacity(BUFFER, file)),
                path: path.to_path_buf(),
            });
        }
        let target = target(path)?;
        let mut builder = tempfile::Builder::new();
        builder.prefix(PREFIX);
        #[cfg(unix)]
        {
            // A temporary file is private by default; a result is as readable as any other file.
            use std::os::unix::fs::PermissionsExt as _;
            builder.permissions(fs::Permissions::from_mode(0o666));
        }
        let file = builder.tempfile_in(folder_of(&target))?;
        if let Some(there) = there.filter(fs::Metadata::is_file) {
            file.as_file().set_permissions(there.permissions())?;
        }
        let file = BufWriter::with_capacity(BUFFER, file);
        Ok(Self { to: To::Beside(file, target), path: path.to_path_buf() })
    }

    /// The name that the file will take.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Flushes to the disk and takes the name, replacing what had it.
    ///
    /// # Errors
    /// Those of the disk.
    pub fn commit(self) -> io::Result<()> {
        self.close().inspect_err(note_refusal)
    }

    fn close(self) -> io::Result<()> {
        let (file, target) = match self.to {
            To::Through(mut file) => return file.flush(),
            To::Beside(file, target) => (file.into_inner().map_err(|e| e.into_error())?, target),
        };
        file.as_file().sync_all()?;
        file.persist(&target).map_err(|e| e.error)?;
        // The rename itself survives a power cut once the folder is on the disk. Not every system
        // can do this, and the file is whole either way.
        #[cfg(unix)]
        if let Ok(folder) = File::open(folder_of(&target)) {
            let _ = folder.sync_all();
        }
        Ok(())
    }
}

impl Write for Output {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = match &mut self.to {
            To::Beside(file, _) => file.write(bytes),
            To::Through(file) => file.write(bytes),
        };
        written.inspect_err(note_refusal)
    }

    fn flush(&mut self) -> io::Result<()> {
        let flushed = match &mut self.to {
            To::Beside(file, _) => file.flush(),
            To::Through(file) => file.flush(),
        };
        flushed.inspect_err(note_refusal)
    }
}

/// Writes a whole file. An input that holds the same bytes already stays as it is.
///
/// # Errors
/// As [`Output::create`].
pub fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    if is_input(path) && fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let mut file = Output::create(path)?;
    file.write_all(bytes)?;
    file.commit()
}

/// Removes what a killed process left half-written in `folder`; call it where no other process writes.
///
/// # Errors
/// The path, and what the system said.
pub fn remove_unfinished(folder: &Path) -> Result<(), (PathBuf, io::Error)> {
    let failed = |path: &Path| {
        let path = path.to_path_buf();
        move |e| (path, e)
    };
    for entry in fs::read_dir(folder).map_err(failed(folder))? {
        let entry = entry.map_err(failed(folder))?;
        let name = entry.file_name();
        // Figures of earlier versions have begun with the second.
        if [PREFIX, ".tmp"].iter().any(|prefix| name.to_string_lossy().starts_with(prefix)) {
            let path = entry.path();
            fs::remove_file(&path).map_err(failed(&path))?;
        }
    }
    Ok(())
}

/// Whether a folder holds files of somebody else: it is not empty, and none of the names is there by which we know ours.
/// Names that begin with a dot count for nothing.
pub fn is_foreign(folder: &Path, ours: &[&str]) -> bool {
    if ours.iter().any(|name| folder.join(name).exists()) {
        return false;
    }
    let seen = |entry: io::Result<fs::DirEntry>| {
        entry.is_ok_and(|entry| !entry.file_name().to_string_lossy().starts_with('.'))
    };
    fs::read_dir(folder).is_ok_and(|mut entries| entries.any(seen))
}

/// What a name stands for: the file at the end of its links, which need not exist.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_path_buf();
    // As many links as Linux follows.
    for _ in 0..40 {
        if !path.is_symlink() {
            return Ok(path);
        }
        let to = fs::read_link(&path)?;
        path = folder_of(&path).join(to);
    }
    Err(io::Error::other("too many links"))
}

fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap();
        entries.map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect()
    }

    #[test]
    fn a_file_is_whole_or_absent() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.txt");
        let mut file = Output::create(&path).unwrap();
        file.write_all(b"half").unwrap();
        assert!(!path.exists());
        drop(file);
        assert!(names(folder.path()).is_empty());
        write(&path, b"one").unwrap();
        write(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(names(folder.path()), ["a.txt"]);
    }

    #[test]
    fn leftovers_of_a_killed_process_are_removed() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(".writing-Xy12"), "{\"form").unwrap();
        fs::write(folder.path().join("kept.json"), "{}").unwrap();
        remove_unfinished(folder.path()).unwrap();
        assert_eq!(names(folder.path()), ["kept.json"]);
    }

    #[test]
    fn an_input_is_never_replaced_by_another_content() {
        let folder = tempfile::tempdir().unwrap();
        let (input, link) = (folder.path().join("t.csv"), folder.path().join("link.csv"));
        fs::write(&input, "a,b").unwrap();
        note_input(&input);
        fs::hard_link(&input, &link).unwrap();
        for path in [&input, &link] {
            assert!(write(path, b"else").is_err());
            write(path, b"a,b").unwrap();
        }
        assert_eq!(fs::read(&input).unwrap(), b"a,b");
        // Another file that takes the name later is no input's content.
        fs::remove_file(&input).unwrap();
        write(&link, b"else").unwrap();
    }

    #[cfg(unix)]
    #[test]
    fn modes_links_and_devices_stay_what_they_are() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("private.csv"), folder.path().join("link.csv"));
        fs::write(&file, "old").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        std::os::unix::fs::symlink("private.csv", &link).unwrap();
        write(&link, b"new").unwrap();
        assert!(link.is_symlink());
        assert_eq!(fs::read(&file).unwrap(), b"new");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        // Its target need not be there.
        fs::remove_file(&file).unwrap();
        write(&link, b"again").unwrap();
        assert_eq!(fs::read(&file).unwrap(), b"again");
        if Path::new("/dev/shm").is_dir() {
            // A file system as any other.
            let memory = tempfile::tempdir_in("/dev/shm").unwrap();
            write(&memory.path().join("a"), b"longer").unwrap();
            write(&memory.path().join("a"), b"short").unwrap();
            assert_eq!(fs::read(memory.path().join("a")).unwrap(), b"short");
        }
        if Path::new("/dev/full").exists() {
            let full = folder.path().join("full");
            std::os::unix::fs::symlink("/dev/full", &full).unwrap();
            assert_eq!(write(&full, b"lost").unwrap_err().kind(), io::ErrorKind::StorageFull);
            assert!(full.is_symlink() && was_refused());
        }
    }
}
