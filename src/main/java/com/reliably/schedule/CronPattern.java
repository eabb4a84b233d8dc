package com.reliably.schedule;

import com.reliably.schedule.CronField.Unreadable;
import com.reliably.schedule.CronField.Values;
import java.time.DayOfWeek;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.Month;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Five fields of cron, and the local times that they name: of clocks that are never changed. What is read how, and why:
 * {@code docs/adr/0009}.
 */
final class CronPattern {

    private static final int LONGEST = 256;

    private static final Pattern WORD = Pattern.compile("\\S+");

    private static final Map<String, String> NICKNAMES = Map.of(
            "@yearly", "0 0 1 1 *",
            "@annually", "0 0 1 1 *",
            "@monthly", "0 0 1 * *",
            "@weekly", "0 0 * * 0",
            "@daily", "0 0 * * *",
            "@midnight", "0 0 * * *",
            "@hourly", "0 * * * *");

    private final Values minutes;
    private final Values hours;
    private final Values days;
    private final Values months;
    private final Values weekdays;

    private CronPattern(List<Values> fields) {
        this.minutes = fields.get(CronField.MINUTE.ordinal());
        this.hours = fields.get(CronField.HOUR.ordinal());
        this.days = fields.get(CronField.DAY_OF_MONTH.ordinal());
        this.months = fields.get(CronField.MONTH.ordinal());
        this.weekdays = fields.get(CronField.DAY_OF_WEEK.ordinal());
    }

    /** Text without spaces; {@code begin} and {@code end} count from 0. */
    private record Word(String text, int begin, int end) {

        int character() {
            return begin + 1;
        }
    }

    /** @throws InvalidSchedule with the place of the first fault, where it means nothing or names no day of any year */
    static CronPattern parse(String pattern) throws InvalidSchedule {
        if (pattern.strip().length() > LONGEST) {
            throw invalid(pattern, "it is longer than " + LONGEST + " characters");
        }
        List<Word> words = words(pattern);
        if (words.isEmpty()) {
            throw invalid(pattern, "it is empty; give five fields as in '*/15 9-17 * * MON-FRI'");
        }
        if (words.get(0).text().matches("(?:CRON_)?TZ=.*")) {
            throw invalid(pattern, "it names a time zone; give that as 'timezone' beside it, as in 'Europe/Paris'");
        }
        if (words.get(0).text().startsWith("@")) {
            return fields(pattern, words(nickname(pattern, words)));
        }
        CronPattern read = fields(pattern, words);
        if (!read.namesADay()) {
            Word days = words.get(CronField.DAY_OF_MONTH.ordinal());
            Word months = words.get(CronField.MONTH.ordinal());
            throw invalid(
                    pattern,
                    "in " + CronField.DAY_OF_MONTH.place(days.character()) + ", '" + days.text() + "' with '"
                            + months.text() + "' as the month never fires: no year has such a day");
        }
        return read;
    }

    /** The first minute after a time that the pattern names. */
    LocalDateTime next(LocalDateTime after) {
        LocalDateTime earliest = after.truncatedTo(ChronoUnit.MINUTES).plusMinutes(1);
        LocalDate day = firstDay(earliest.toLocalDate());
        Optional<LocalTime> time =
                firstTime(day.equals(earliest.toLocalDate()) ? earliest.toLocalTime() : LocalTime.MIDNIGHT);
        if (time.isPresent()) {
            return day.atTime(time.get());
        }
        return firstDay(day.plusDays(1)).atTime(firstTime(LocalTime.MIDNIGHT).orElseThrow());
    }

    private LocalDate firstDay(LocalDate from) {
        LocalDate day = from;
        while (!hasDay(day)) {
            day = months.has(day.getMonthValue())
                    ? day.plusDays(1)
                    : day.plusMonths(1).withDayOfMonth(1);
        }
        return day;
    }

    private boolean hasDay(LocalDate date) {
        if (!months.has(date.getMonthValue())) {
            return false;
        }
        boolean day = days.has(date.getDayOfMonth());
        boolean weekday = isIn(date.getDayOfWeek());
        return days.free() || weekdays.free() ? day && weekday : day || weekday;
    }

    private boolean isIn(DayOfWeek weekday) {
        return weekdays.has(weekday.getValue()) || (weekday == DayOfWeek.SUNDAY && weekdays.has(0));
    }

    private Optional<LocalTime> firstTime(LocalTime from) {
        int minute = hours.has(from.getHour()) ? minutes.values().nextSetBit(from.getMinute()) : -1;
        if (minute >= 0) {
            return Optional.of(LocalTime.of(from.getHour(), minute));
        }
        int hour = hours.values().nextSetBit(from.getHour() + 1);
        return hour < 0
                ? Optional.empty()
                : Optional.of(LocalTime.of(hour, minutes.values().nextSetBit(0)));
    }

    /** Not so with 30 February. Where either day is enough, some weekday always comes. */
    private boolean namesADay() {
        int earliest = days.values().nextSetBit(0);
        return !days.free() && !weekdays.free()
                || months.values().stream().anyMatch(month -> Month.of(month).maxLength() >= earliest);
    }

    private static CronPattern fields(String pattern, List<Word> words) throws InvalidSchedule {
        CronField[] fields = CronField.values();
        if (words.size() != fields.length) {
            throw invalid(pattern, wrongNumberOf(words));
        }
        List<Values> read = new ArrayList<>();
        for (CronField field : fields) {
            Word word = words.get(field.ordinal());
            try {
                read.add(field.read(word.text()));
            } catch (Unreadable e) {
                throw invalid(pattern, "in " + field.place(word.character() + e.offset()) + ", " + e.getMessage());
            }
        }
        return new CronPattern(read);
    }

    private static String wrongNumberOf(List<Word> words) {
        int expected = CronField.values().length;
        String what = "it has " + words.size() + (words.size() == 1 ? " field" : " fields")
                + ", not the five of minute," + " hour, day of the month, month and day of the week; ";
        return words.size() < expected
                ? what + "the next is missing at character "
                        + (words.get(words.size() - 1).end() + 1)
                : what + "there are no seconds and no years, and '"
                        + words.get(expected).text() + "' at character "
                        + words.get(expected).character() + " is one too many";
    }

    private static String nickname(String pattern, List<Word> words) throws InvalidSchedule {
        Word name = words.get(0);
        String fields = NICKNAMES.get(name.text().toLowerCase(Locale.ROOT));
        if (fields == null) {
            throw invalid(
                    pattern,
                    "at character " + name.character() + ", '" + name.text() + "' is not one of @yearly, @annually,"
                            + " @monthly, @weekly, @daily, @midnight and @hourly");
        }
        if (words.size() > 1) {
            throw invalid(
                    pattern,
                    "at character " + words.get(1).character() + ", '"
                            + words.get(1).text() + "' is one too many: " + name.text() + " stands alone");
        }
        return fields;
    }

    private static List<Word> words(String pattern) {
        List<Word> words = new ArrayList<>();
        Matcher matcher = WORD.matcher(pattern);
        while (matcher.find()) {
            words.add(new Word(matcher.group(), matcher.start(), matcher.end()));
        }
        return words;
    }

    private static InvalidSchedule invalid(String pattern, String what) {
        return new InvalidSchedule("pattern", pattern, "The cron pattern is not valid: " + what);
    }
}
