//! Units after a number, in the spellings of four languages: "4h", "4 hours" and "4 Stunden" say the same.

#[rustfmt::skip]
const UNITS: [&[&str]; 8] = [
    &["second", "seconds", "sec", "secs", "s", "sekunde", "sekunden", "seconde", "secondes", "segundo", "segundos"],
    &["millisecond", "milliseconds", "ms", "msec", "millisekunden", "millisecondes", "milisegundos"],
    &["minute", "minutes", "min", "mins", "minuten", "minuto", "minutos"],
    &["hour", "hours", "h", "hr", "hrs", "stunde", "stunden", "std", "heure", "heures", "hora", "horas"],
    &["day", "days", "d", "tag", "tage", "tagen", "jour", "jours", "día", "días", "dia", "dias"],
    &["week", "weeks", "w", "wk", "wks", "woche", "wochen", "semaine", "semaines", "semana", "semanas"],
    &["month", "months", "mo", "monat", "monate", "monaten", "mois", "mes", "meses"],
    &["year", "years", "y", "yr", "yrs", "jahr", "jahre", "jahren", "an", "ans", "année", "années", "año", "años"],
];

/// The usual spelling of a unit, for a word in lower case that follows a number.
pub(super) fn unit(word: &str) -> Option<&'static str> {
    UNITS.iter().find(|names| names.contains(&word)).and_then(|names| names.first().copied())
}
