package com.reliably.web;

import java.util.List;
import java.util.function.Function;
import org.eclipse.microprofile.openapi.annotations.media.Schema;

/**
 * One page of a list.
 *
 * @param count how many items the whole list has, at the moment of the answer
 * @param items the items of this page, in the list's order; empty beyond the end
 */
public record Page<T>(
        @Schema(description = "How many items the whole list has", examples = "1")
        long count,

        @Schema(description = "The items of this page; empty beyond the end")
        List<T> items) {

    /** The same page of what is made of its items. */
    public <V> Page<V> map(Function<? super T, V> view) {
        return new Page<>(count, items.stream().map(view).toList());
    }
}
