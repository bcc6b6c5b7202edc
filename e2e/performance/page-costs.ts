// What a page costs while something goes on: frames as they are shown, and how much of one core its main thread works.
import type { CDPSession, Page } from '@playwright/test';

export interface Costs {
  /** Between two frames, milliseconds. */
  frames: { count: number; median: number; p95: number; p99: number; worst: number };
  /** Of the frames, those that came within the time of two. */
  smooth: number;
  /** Of the time that went by, the part in which the page's main thread worked; and what of it was script, style and layout. */
  mainThread: { busy: number; script: number; style: number; layout: number };
  seconds: number;
}

/** Seconds of the main thread's own processor time: what other processes take from it is not in them. */
interface Counters {
  busy: number;
  script: number;
  style: number;
  layout: number;
}

async function counters(session: CDPSession): Promise<Counters> {
  const { metrics } = await session.send('Performance.getMetrics');
  const of = (name: string) => metrics.find((metric) => metric.name === name)?.value ?? Number.NaN;
  return {
    busy: of('TaskDuration'),
    script: of('ScriptDuration'),
    style: of('RecalcStyleDuration'),
    layout: of('LayoutDuration'),
  };
}

/** A frame that comes later than this was missed: two frames of a 60 Hz display, less a little. */
const missedMs = 25;

/** Measures while `work` goes on. */
export async function costsOf(page: Page, work: () => Promise<void>): Promise<Costs> {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  await page.evaluate(() => {
    const measured = { times: [] as number[], on: true };
    const onFrame = (now: number) => {
      measured.times.push(now);
      if (measured.on) requestAnimationFrame(onFrame);
    };
    requestAnimationFrame(onFrame);
    Object.assign(window, { measured });
  });
  const before = await counters(session);
  const begunMs = performance.now();
  await work();
  const after = await counters(session);
  const seconds = (performance.now() - begunMs) / 1000;
  const times = await page.evaluate(() => {
    const { measured } = window as unknown as { measured: { times: number[]; on: boolean } };
    measured.on = false;
    return measured.times;
  });
  await session.detach();
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? time));
  const sorted = intervals.toSorted((a, b) => a - b);
  const quantile = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  const share = (key: keyof Counters) => (after[key] - before[key]) / seconds;
  return {
    frames: { count: sorted.length, median: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), worst: quantile(1) },
    smooth: intervals.filter((ms) => ms <= missedMs).length / intervals.length,
    mainThread: { busy: share('busy'), script: share('script'), style: share('style'), layout: share('layout') },
    seconds,
  };
}

/** In one line. */
export function describe({ frames, smooth, mainThread, seconds }: Costs): string {
  const ms = (value: number) => value.toFixed(1);
  const percent = (value: number) => `${(value * 100).toFixed(1)}%`;
  return (
    `frames: median ${ms(frames.median)}, 95% ${ms(frames.p95)}, 99% ${ms(frames.p99)}, worst ${ms(frames.worst)} ms, ` +
    `${percent(smooth)} in time; main thread ${percent(mainThread.busy)} of one core ` +
    `(script ${percent(mainThread.script)}, style ${percent(mainThread.style)}, layout ${percent(mainThread.layout)}); ${seconds.toFixed(1)} s`
  );
}
