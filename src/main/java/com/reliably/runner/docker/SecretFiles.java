package com.reliably.runner.docker;

import com.reliably.runner.SecretFile;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** Secret files on their way into a container, as the archives that an engine unpacks there. */
final class SecretFiles {

    /** To be read by whoever the container runs as; nobody else sees into it. */
    private static final int READABLE = 0444;

    private static final int DIRECTORY = 0755;

    private SecretFiles() {}

    /**
     * An archive with one file, and with the directories that the container does not have yet.
     *
     * @param missing the directories to make, outermost first, relative to where the archive is unpacked
     * @param path    of the file, relative to the same
     */
    static byte[] archive(List<String> missing, String path, SecretFile file) {
        byte[] content = file.content().getBytes(StandardCharsets.UTF_8);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream(content.length + 4096);
        try (TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes, StandardCharsets.UTF_8.name())) {
            tar.setLongFileMode(TarArchiveOutputStream.LONGFILE_POSIX);
            tar.setAddPaxHeadersForNonAsciiNames(true);
            for (String directory : missing) {
                TarArchiveEntry entry = new TarArchiveEntry(directory + "/");
                entry.setMode(TarArchiveEntry.DEFAULT_DIR_MODE & ~0777 | DIRECTORY);
                tar.putArchiveEntry(entry);
                tar.closeArchiveEntry();
            }
            TarArchiveEntry entry = new TarArchiveEntry(path);
            entry.setSize(content.length);
            entry.setMode(TarArchiveEntry.DEFAULT_FILE_MODE & ~0777 | READABLE);
            tar.putArchiveEntry(entry);
            tar.write(content);
            tar.closeArchiveEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }
}
