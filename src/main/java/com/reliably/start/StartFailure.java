package com.reliably.start;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Why the server cannot start, in words for whoever started it. */
final class StartFailure extends RuntimeException {

    StartFailure(String message) {
        super(message);
    }

    /** With the reason that the file system gave, behind a colon. */
    StartFailure(String message, IOException cause) {
        super(message + ": " + reasonOf(cause), cause);
    }

    /** The messages of most file system exceptions are a bare path; what happened is in their type. */
    private static String reasonOf(IOException e) {
        if (e instanceof AccessDeniedException denied) {
            return denied.getFile() + " may not be written or read by the user '" + System.getProperty("user.name")
                    + "'";
        }
        if (e instanceof FileAlreadyExistsException existing) {
            return existing.getFile() + " exists and is not a directory";
        }
        if (e instanceof NotDirectoryException file) {
            return file.getFile() + " is not a directory";
        }
        if (e instanceof NoSuchFileException missing) {
            return "there is no " + missing.getFile();
        }
        if (e instanceof FileSystemException failed && failed.getReason() != null) {
            return failed.getReason() + " (" + failed.getFile() + ")";
        }
        return e.getMessage();
    }
}
