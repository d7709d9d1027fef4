import { CallRegister } from '../../../lib/transport/call-register.js';

describe('The register of running calls', () => {
  function registered() {
    const told: string[] = [];
    const register = new CallRegister();
    const add = (name: string) =>
      register.add({ cancel: () => told.push(`${name} cancelled`), more: rows => told.push(`${name} ${rows}`) });
    return { register, told, first: add('first'), second: add('second') };
  }

  it('gives each call a name that only its caller knows', () => {
    const { register, first, second } = registered();
    expect(first).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(second).not.toBe(first);
    expect(register.size).toBe(2);
  });

  it('reaches the call of that name alone', () => {
    const { register, told, first, second } = registered();
    register.cancel({ call: second });
    register.more({ call: first, rows: 32 });
    register.more({ call: second });
    register.cancel({ call: 'another' });
    register.more({ call: 'another', rows: 1 });
    expect(told).toEqual(['second cancelled', 'first 32', 'second 0']);
  });

  it('reaches no call that has ended', () => {
    const { register, told, first, second } = registered();
    register.remove(first);
    register.remove('another');
    register.cancel({ call: first });
    register.more({ call: first, rows: 1 });
    expect([told, register.size]).toEqual([[], 1]);
    register.remove(second);
    expect(register.size).toBe(0);
  });
});
