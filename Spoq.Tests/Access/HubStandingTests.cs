using System.Net.WebSockets;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Spoq.Core.Access;
using Spoq.Infrastructure.Access;
using Spoq.Infrastructure.Accounts;
using Spoq.Tests.Support;

namespace Spoq.Tests.Access;

public sealed class HubStandingTests
{
    [Fact]
    public async Task An_open_hub_connection_ends_within_a_minute_of_the_revocation_of_its_token()
    {
        var server = await SpoqServer.SharedAsync();
        var node = await AccessBeside.SharedAsync();
        var account = await node.AddAccountAsync();
        var token = (await node.GrantAsync(account, OAuthVisitor.Dex, Scopes.Instance)).AccessToken;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(70));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new Uri($"ws://localhost:{server.Port}/hubs/instances?access_token={token}"), limit.Token);
        await socket.SendAsync(Encoding.UTF8.GetBytes("{\"protocol\":\"json\",\"version\":1}\u001e"), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        var buffer = new byte[1024];
        Assert.Equal("{}\u001e", Encoding.UTF8.GetString(buffer, 0, (await socket.ReceiveAsync(buffer, limit.Token)).Count));

        var grants = node.Services.GetRequiredService<Grants>();
        var grant = Assert.Single(await grants.ListAsync(account, CancellationToken.None));
        Assert.Null(await grants.RevokeAsync(account, grant.Id, new Caller(null, null), CancellationToken.None));
        var revokedAt = TimeProvider.System.GetTimestamp();
        try
        {
            // Pings arrive until the server hangs up.
            while ((await socket.ReceiveAsync(buffer, limit.Token)).MessageType != WebSocketMessageType.Close)
            {
            }
        }
        catch (WebSocketException)
        {
            // Hung up without a goodbye.
        }

        Assert.InRange(TimeProvider.System.GetElapsedTime(revokedAt), TimeSpan.Zero, TimeSpan.FromSeconds(60));
    }
}
