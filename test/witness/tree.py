"""Prints one JSON object: each path of a tree, with all that an image says about it."""
import hashlib, json, os, stat, sys

kinds = {stat.S_IFREG: 'file', stat.S_IFDIR: 'folder', stat.S_IFLNK: 'link', stat.S_IFIFO: 'fifo', stat.S_IFCHR: 'char', stat.S_IFBLK: 'block', stat.S_IFSOCK: 'socket'}
first = {}


def data(file):
    """Blocks with where they lie: of a sparse file no more than what is there, zeros left out."""
    end, at = os.fstat(file).st_size, 0
    while at < end:
        try:
            at = os.lseek(file, at, os.SEEK_DATA)
        except OSError:
            return
        hole = os.lseek(file, at, os.SEEK_HOLE)
        while at < hole:
            block = os.pread(file, min(hole - at, 4096 - at % 4096), at)
            if block.strip(b'\0'):
                yield str(at).encode() + b':' + block
            at += len(block)


def content(path):
    digest = hashlib.sha256()
    file = os.open(path, os.O_RDONLY)
    for block in data(file):
        digest.update(block)
    os.close(file)
    return digest.hexdigest()[:16]


def attributes(path):
    # The marks of the store's own, and what the host's kernel adds.
    skipped = (b'trusted.overlay.', b'user.overlay.', b'security.selinux', b'user.rootlesscontainers', b'trusted.umoci')
    names = sorted(name for name in map(os.fsencode, os.listxattr(path, follow_symlinks=False)) if not name.startswith(skipped))
    return {name.decode('latin1'): os.getxattr(path, name, follow_symlinks=False).hex() for name in names}


def facts(path, shown):
    st = os.lstat(path)
    said = {'kind': kinds[stat.S_IFMT(st.st_mode)], 'mode': oct(stat.S_IMODE(st.st_mode)), 'owner': f'{st.st_uid}:{st.st_gid}', 'time': int(st.st_mtime // 1)}
    if stat.S_ISLNK(st.st_mode):
        said['target'] = os.readlink(path).decode('latin1')
    if stat.S_ISREG(st.st_mode):
        said.update(size=st.st_size, content=content(path))
    if stat.S_ISCHR(st.st_mode) or stat.S_ISBLK(st.st_mode):
        said['device'] = f'{os.major(st.st_rdev)}:{os.minor(st.st_rdev)}'
    if not stat.S_ISDIR(st.st_mode) and st.st_nlink > 1:
        said['same as'] = first.setdefault((st.st_dev, st.st_ino), shown)
    said.update(attributes(path))
    return said


os.chdir(sys.argv[1])
tree = {}
for folder, folders, files in os.walk(b'.'):
    folders.sort()
    for name in [b''] * (folder == b'.') + sorted(folders + files):
        path = os.path.join(folder, name) if name else b'.'
        shown = path[2:].decode('latin1') or '.'
        tree[shown] = facts(path, shown)
json.dump(tree, sys.stdout)
