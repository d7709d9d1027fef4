// #region slow
import { whenDone, type Probe, type ProbePoint, type Watched } from 'nestjs-cqrs/extension';

/** Notes each step that takes longer than a limit. */
export class SlowSteps implements Probe {
  readonly found: { step: string; milliseconds: number }[] = [];

  constructor(private readonly limit: number) {}

  wrap(point: ProbePoint, run: Watched): Watched {
    // Middleware is left as it is.
    if (point.at === 'middleware') return run;
    const step = `${point.at} of ${point.type.name}`;
    return (message, context) => {
      const start = performance.now();
      return whenDone(
        () => run(message, context),
        () => {
          const milliseconds = performance.now() - start;
          if (milliseconds > this.limit) this.found.push({ step, milliseconds });
        },
      );
    };
  }
}
// #endregion

// #region stub
/** Answers in place of a handler. */
export class StubPrices implements Probe {
  constructor(
    private readonly type: object,
    private readonly price: number,
  ) {}

  wrap({ at, type }: ProbePoint, run: Watched): Watched {
    return at === 'handler' && type === this.type ? () => this.price : run;
  }
}
// #endregion

// #region switched
/** Slow steps, where an operator has asked for them. */
export class SwitchedSteps extends SlowSteps {
  isOn = false;

  isAsleep(): boolean {
    return !this.isOn;
  }
}
// #endregion
