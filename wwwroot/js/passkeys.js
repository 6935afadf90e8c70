// Passkeys: asks the browser's own dialog and sends what it signed with the page's form.
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form || !window.PublicKeyCredential) return;

  const bytes = text => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), letter => letter.charCodeAt(0));
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const known = list => (list ?? []).map(one => ({ ...one, id: bytes(one.id) }));

  const isNew = form.dataset.passkey === "create";
  const options = JSON.parse(form.dataset.options);
  options.challenge = bytes(options.challenge);
  if (isNew) {
    options.user.id = bytes(options.user.id);
    options.excludeCredentials = known(options.excludeCredentials);
  } else {
    options.allowCredentials = known(options.allowCredentials);
  }

  const error = form.querySelector("[data-passkey-error]");
  const button = form.querySelector("[data-passkey-ask]");
  let waiting;

  const send = credential => {
    const { response } = credential;
    const answer = { clientDataJSON: text(response.clientDataJSON) };
    if (isNew) {
      answer.attestationObject = text(response.attestationObject);
      answer.transports = response.getTransports?.() ?? [];
    } else {
      answer.authenticatorData = text(response.authenticatorData);
      answer.signature = text(response.signature);
      answer.userHandle = response.userHandle ? text(response.userHandle) : null;
    }

    form.elements.passkey_credential.value = JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response: answer,
    });
    form.submit();
  };

  const say = reason => {
    if (reason.name === "AbortError") return;
    error.textContent = reason.name === "InvalidStateError" ? "This device holds a passkey for your account already."
      : reason.name === "NotAllowedError" ? "No passkey was used. Try again when you are ready."
      : "The browser could not use a passkey here. Try another way.";
  };

  const ask = async mediation => {
    waiting?.abort();
    waiting = new AbortController();
    const request = { publicKey: options, signal: waiting.signal };
    const credential = isNew ? await navigator.credentials.create(request) : await navigator.credentials.get(mediation ? { ...request, mediation } : request);
    if (credential) send(credential);
  };

  button.addEventListener("click", async () => {
    error.textContent = "";
    button.disabled = true;
    try {
      await ask();
    } catch (reason) {
      say(reason);
    } finally {
      button.disabled = false;
    }
  });
  form.hidden = false;

  // A page from the browser's memory holds a challenge that may be spent.
  window.addEventListener("pageshow", event => { if (event.persisted) location.reload(); });

  if ("autofill" in form.dataset) {
    (async () => {
      try {
        if (await PublicKeyCredential.isConditionalMediationAvailable?.()) await ask("conditional");
      } catch {
        // Nobody chose one: the button and the password are there.
      }
    })();
  }
})();
