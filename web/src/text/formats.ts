/** Numbers and moments as a language writes them. */
export interface Formats {
  number: (value: number) => string;
  /** A share of 1 as whole percent. */
  percent: (share: number) => string;
  /** The same where the last digits matter: 99.94 %, and never 100 % of what is not all. */
  finePercent: (share: number) => string;
  bytes: (count: number) => string;
  date: (iso: string) => string;
  time: (moment: Date) => string;
}

export function formats(language: string): Formats {
  const number = new Intl.NumberFormat(language, { maximumFractionDigits: 4 });
  const whole = new Intl.NumberFormat(language, { style: "percent" });
  const fine = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 2, roundingMode: "trunc" });
  const date = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" });
  const time = new Intl.DateTimeFormat(language, { timeStyle: "medium" });
  return {
    number: (value) => number.format(value),
    percent: (share) => whole.format(share),
    finePercent: (share) => fine.format(share),
    bytes: (count) => {
      const [unit, size] = count < 1e6 ? ["kilobyte", count / 1e3] : ["megabyte", count / 1e6];
      const digits = { maximumFractionDigits: size < 10 ? 1 : 0 };
      return new Intl.NumberFormat(language, { style: "unit", unit, unitDisplay: "short", ...digits }).format(size);
    },
    date: (iso) => date.format(new Date(iso)),
    time: (moment) => time.format(moment),
  };
}
