// How each service fares, and which of its parts does not, every five seconds; and a button that copies a token.
const WORDS = {
  ready: "就绪 ready",
  degraded: "降级 degraded",
  not_ready: "未就绪 not ready",
  stopping: "正在停止 stopping",
  away: "无应答 no answer",
};

async function ask(address) {
  try {
    return (await (await fetch(address)).json()).services;
  } catch {
    return {}; // nothing answers there: the services are shown as away
  }
}

async function look() {
  const lines = [...document.querySelectorAll("[data-service]")];
  const addresses = new Set(lines.map((line) => line.dataset.health));
  const services = Object.assign({}, ...(await Promise.all([...addresses].map(ask))));
  for (const line of lines) {
    const told = services[line.dataset.service] ?? { status: "away", parts: {} };
    const state = line.querySelector(".state");
    state.className = `state ${told.status}`;
    state.textContent = WORDS[told.status] ?? told.status;
    const amiss = Object.entries(told.parts ?? {}).filter(([, how]) => how !== "here" && how !== "runs");
    line.querySelector(".parts").textContent = amiss.map(([part, how]) => `${part}: ${how}`).join(" · ");
  }
}

if (document.querySelector("[data-service]")) {
  look();
  setInterval(look, 5000);
}

for (const button of document.querySelectorAll("[data-token]")) {
  const before = button.textContent;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.dataset.token);
    button.textContent = "已复制 Copied";
    setTimeout(() => (button.textContent = before), 1500);
  });
}
