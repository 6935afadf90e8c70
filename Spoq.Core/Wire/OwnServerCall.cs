namespace Spoq.Core.Wire;

/// <summary>Body of <c>POST /internal/own-servers</c>: the command was run on a machine. The command's token goes in the header.</summary>
/// <param name="Key">64 hex digits that the machine made for itself and keeps.</param>
/// <param name="System">The name of its system, as <c>/etc/os-release</c> writes it.</param>
/// <param name="HostKey">Fingerprint of its SSH host key, <c>SHA256:…</c>; null: it has none yet.</param>
public sealed record OwnServerCall(string Key, string System, string? HostKey = null);

/// <summary>Answer: the token that <c>install.sh</c> asks with.</summary>
public sealed record OwnServerWelcome(Guid InstanceId, string Token);
