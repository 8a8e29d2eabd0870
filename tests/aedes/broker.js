// SPDX-License-Identifier: Apache-2.0
// Runs aedes, a broker of MQTT 3.1.1 from npm, on a port of 127.0.0.1: broker.js PORT.
import {createServer} from "node:net";
import {Aedes} from "aedes";

const broker = await Aedes.createBroker();
createServer(broker.handle).listen(Number(process.argv[2]), "127.0.0.1", () => {
  console.log("listening");
});
