// How each service fares, and which of its parts does not, every five seconds; and a button that copies a token.
const WORDS = {
  ready: "就绪 ready",
  degraded: "降级 degraded",
  not_ready: "未就绪 not ready",
  stopping: "正在停止 stopping",
  away: "无应答 no answer",
};

async function look() {
  let services = {};
  try {
    services = (await (await fetch("/readyz")).json()).services;
  } catch {
    // The suite itself does not answer; every service is shown as away.
  }
  for (const line of document.querySelectorAll("[data-service]")) {
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
