import { DeliveryOrder } from '../../../lib/events/delivery-order.js';
import type { EventDelivery } from '../../../lib/events/event-delivery.js';

const delivery = (): EventDelivery => ({ chain: {} }) as EventDelivery;
const full = new RangeError('Maximum call stack size exceeded');

describe('the order of deliveries', () => {
  it('goes on after one that the end of the stack tears off, each with its own end', async () => {
    const [torn, first, failing, last, later] = Array.from({ length: 5 }, delivery);
    const delivered: unknown[] = [];
    const waiting: (Promise<void> | undefined)[] = [];
    const order: DeliveryOrder = new DeliveryOrder(one => {
      delivered.push(one);
      if (one === torn) waiting.push(order.add(first!), order.add(failing!));
      if (one === first) waiting.push(order.add(last!));
      if (one === torn || one === failing) throw full;
    });
    expect(() => order.add(torn!)).toThrow(full);
    expect([delivered, order.isBusy, order.chain]).toEqual([[torn], false, undefined]);
    await expect(waiting[1]).rejects.toBe(full);
    await Promise.all([waiting[0], waiting[2]]);
    expect(delivered).toEqual([torn, first, failing, last]);
    expect([order.add(later!), order.isBusy]).toEqual([undefined, false]);
    expect(delivered.at(-1)).toBe(later);
  });

  it('knows what is published within a delivery, and after it', () => {
    const one = delivery();
    const chains: unknown[] = [];
    const order: DeliveryOrder = new DeliveryOrder(() => void chains.push(order.chain));
    order.add(one);
    order.run(one, () => void chains.push(order.chain));
    expect([...chains, order.chain]).toEqual([one.chain, one.chain, undefined]);
  });
});
