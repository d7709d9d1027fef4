import { CqrsModule } from 'nestjs-cqrs';
import { scenario, testApp, type TestApp } from 'nestjs-cqrs/testing';
import { Charge, ListPayments, PaymentDeclined } from '../src/contracts/payment.js';
import { Payments } from '../src/payment/payments.js';

describe('the payments of sample 05-shop', () => {
  let app: TestApp;

  beforeEach(async () => {
    app = await testApp({ imports: [CqrsModule.forRoot()], providers: [Payments] });
  });

  afterEach(() => app.close());

  it('are limited, customer by customer', async () => {
    const given = scenario(app).given(new Charge('ada', 9_000n), new Charge('grace', 100n));
    await given.when(new Charge('ada', 1_001n)).fails(PaymentDeclined, '1000 cents left');
    await scenario(app)
      .when(new Charge('ada', 1_000n))
      .answers({
        paymentId: expect.any(String),
        paidAt: expect.any(Date),
      });
  });

  it('are listed as rows', () =>
    scenario(app)
      .given(new Charge('ada', 100n), new Charge('ada', 200n))
      .when(new ListPayments('ada'))
      .answers([100n, 200n].map(cents => expect.objectContaining({ cents }))));
});
