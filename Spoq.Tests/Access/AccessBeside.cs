using Microsoft.Extensions.DependencyInjection;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Instances.Provisioning;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

/// <summary>Tokens for a running server's accounts, issued by a node beside it.</summary>
internal static class AccessBeside
{
    private static readonly Lazy<Task<NodeBeside>> s_shared = new(async () => new NodeBeside(await SpoqServer.SharedAsync()));

    /// <summary>Beside the server that tests share.</summary>
    public static Task<NodeBeside> SharedAsync() => s_shared.Value;

    public static async Task<IssuedTokens> GrantAsync(this NodeBeside node, Guid accountId, string clientId, string scope)
    {
        await using var db = node.NewContext();
        var grant = node.Services.GetRequiredService<Grants>().Open(db, accountId, clientId, scope, clientId, new Caller(null, "tests"));
        var tokens = await node.Services.GetRequiredService<TokenService>().IssueAsync(db, grant, CancellationToken.None);
        await db.SaveChangesAsync();
        return tokens;
    }
}
